import type { Packet } from 'node-media-server/src/core/context.js';

const SCRIPT_DATA = 18;
const SET_DATA_FRAME = Buffer.from('\x02\x00\x0d@setDataFrame', 'latin1');

/**
 * RTMP publishers put `@setDataFrame` before their metadata, an order to the server. It is carried
 * out by leaving it away: players would take it for a stream of its own.
 */
export function unwrapMetadata(packet: Packet): Packet {
  if (packet.codec_type !== SCRIPT_DATA) return packet;
  if (!packet.data.subarray(0, SET_DATA_FRAME.length).equals(SET_DATA_FRAME)) return packet;
  packet.data = packet.data.subarray(SET_DATA_FRAME.length);
  packet.size -= SET_DATA_FRAME.length;
  return packet;
}
