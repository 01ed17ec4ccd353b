/** The chunk stream of RTMP, where videos of a usual length do not get. */
import { describe, expect, test } from 'vitest';
import {
  MessageReader,
  MessageWriter,
  type RtmpMessage,
} from '../../worker/relay/rtmp-messages.ts';

const message = (more: Partial<RtmpMessage> = {}): RtmpMessage => ({
  ...{ channel: 6, type: 9, timestamp: 40, streamId: 1, payload: Buffer.from('picture') },
  ...more,
});

function roundTrip(messages: readonly RtmpMessage[], step = 65_536): RtmpMessage[] {
  const writer = new MessageWriter();
  const reader = new MessageReader();
  const bytes = Buffer.concat(messages.map((one) => writer.write(one)));
  const read: RtmpMessage[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    read.push(...reader.read(bytes.subarray(at, at + step)));
  }
  return read;
}

const LONG = Buffer.alloc(1_000, 7);
const newChunkSize = (bytes: number) => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return message({ channel: 2, type: 1, streamId: 0, timestamp: 0, payload });
};

describe('what is written is read', () => {
  test.each([
    ['a short message', [message()]],
    ['an empty message', [message({ payload: Buffer.alloc(0) }), message()]],
    ['one of many chunks', [message({ payload: LONG })]],
    ['a time after four and a half hours', [message({ timestamp: 0x1234567, payload: LONG })]],
    ['high channels', [message({ channel: 70 }), message({ channel: 400 })]],
    ['a new chunk size', [newChunkSize(4_096), message({ payload: LONG }), message()]],
  ])('%s', (_what, messages) => {
    expect(roundTrip(messages)).toEqual(messages);
    expect(roundTrip(messages, 1), 'byte by byte').toEqual(messages);
  });
});

test('headers that leave out what stays the same are understood', () => {
  const bytes = Buffer.from([
    ...[0x06, 0, 0, 10, 0, 0, 2, 9, 1, 0, 0, 0, 1, 2], // all of it
    ...[0x46, 0, 0, 5, 0, 0, 1, 8, 3], // another length and type, 5 ms later
    ...[0x86, 0, 0, 7, 4], // 7 ms later
    ...[0xc6, 5], // the same again
  ]);
  expect([...new MessageReader().read(bytes)].map((read) => [read.timestamp, read.type])).toEqual([
    [10, 9],
    [15, 8],
    [22, 8],
    [29, 8],
  ]);
});

test('two channels may take turns chunk by chunk, and one be given up', () => {
  const [picture, sound] = [Buffer.alloc(200, 1), Buffer.alloc(150, 2)];
  const one = new MessageWriter().write(message({ channel: 6, payload: picture }));
  const other = new MessageWriter().write(message({ channel: 4, type: 8, payload: sound }));
  const cut = 12 + 128;
  const mixed = [
    one.subarray(0, cut),
    other.subarray(0, cut),
    one.subarray(cut),
    other.subarray(cut),
  ];
  const read = [...new MessageReader().read(Buffer.concat(mixed))];
  expect(read.map(({ payload }) => payload)).toEqual([picture, sound]);

  const giveUp = message({ channel: 2, type: 2, payload: Buffer.from([0, 0, 0, 6]) });
  const aborted = [one.subarray(0, cut), new MessageWriter().write(giveUp), one];
  const left = [...new MessageReader().read(Buffer.concat(aborted))];
  expect(left.map(({ type }) => type)).toEqual([2, 9]);
});
