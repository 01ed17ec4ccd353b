/** What the source relay fetches, and what it does not, whatever a source answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Guard, type Lookup } from '../../worker/guard/guard.ts';
import type { Source } from '../../worker/relay/fetch-source.ts';
import { SourceRelay } from '../../worker/relay/source-relay.ts';
import { FileServer, sendFile } from '../support/file-server.ts';
import { RtmpSink } from '../support/rtmp-sink.ts';
import { Videos } from '../support/videos.ts';
import { LOCAL_RULES, RULES, WorkerParts } from '../support/worker-parts.ts';

const videos = new Videos();
const parts = new WorkerParts();
const relays: SourceRelay[] = [];
/** Stands for a server of the inner network: it must never be asked anything. */
let inner: FileServer;
let outer: FileServer;
/** Paths that only `outer` answers, by what they do. */
const redirects = new Map<string, string>();
beforeAll(async () => {
  await parts.driver.prepare();
  await videos.plain(3);
  inner = await FileServer.start((request, response) => {
    sendFile(join(videos.folder, 'plain.mp4'), request, response);
  }, '127.0.0.2');
  outer = await FileServer.start((request, response) => {
    const location = redirects.get(request.url ?? '');
    if (location) response.writeHead(302, { location }).end();
    else sendFile(join(videos.folder, 'plain.mp4'), request, response);
  });
});
afterEach(() => {
  for (const relay of relays.splice(0)) relay.close();
});
afterAll(() => {
  parts.close();
  inner?.stop();
  outer?.stop();
  videos.clear();
});

/** `outer` is allowed by its name, so that everything else is judged by its address. */
const rules = () => ({ ...RULES, allowed_source_hosts: [`127.0.0.1:${outer.port}`] });

async function relayOf(source: Partial<Source>, lookup?: Lookup) {
  const relay = new SourceRelay(
    { url: outer.url('/video'), isOurs: false, ...source },
    new Guard(rules(), lookup),
  );
  relays.push(relay);
  return { relay, url: await relay.listen({ bind: '127.0.0.1', host: '127.0.0.1' }) };
}

describe('what an allowed source answers', () => {
  test('is passed on, whole or in part', async () => {
    const { url } = await relayOf({});
    const whole = await fetch(url);
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    const bytes = await whole.arrayBuffer();
    expect(Number(whole.headers.get('content-length'))).toBe(bytes.byteLength);
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${bytes.byteLength}`);
    expect(await part.arrayBuffer()).toEqual(bytes.slice(10, 20));
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  });

  test('is for who knows the path only, and only to be read', async () => {
    const { url } = await relayOf({});
    for (const path of ['/', '/video', '/../video']) {
      expect((await fetch(new URL(path, url))).status).toBe(404);
    }
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(404);
  });

  test('redirects are followed, five at most', async () => {
    for (let hop = 1; hop <= 6; hop += 1) redirects.set(`/hop-${hop}`, `/hop-${hop - 1}`);
    redirects.set('/hop-0', outer.url('/video'));
    const near = await relayOf({ url: outer.url('/hop-4') });
    expect((await fetch(near.url)).status).toBe(200);
    const far = await relayOf({ url: outer.url('/hop-6') });
    expect((await fetch(far.url)).status).toBe(502);
    expect(far.relay.failure).toContain('redirects more than 5 times');
  });
});

describe('what leads inside is refused, and not asked', () => {
  const refuse = async (source: Partial<Source>, lookup?: Lookup) => {
    const { relay, url } = await relayOf(source, lookup);
    const before = inner.asked.length;
    expect((await fetch(url)).status).toBe(502);
    expect(inner.asked).toHaveLength(before);
    return relay.failure;
  };
  const inside = () => `http://127.0.0.2:${inner.port}/video`;

  test('an address', async () => {
    expect(await refuse({ url: inside() })).toContain('private or reserved');
  });

  test('a name that resolves inside', async () => {
    const url = `http://innocent.example.com:${inner.port}/video`;
    const lookup: Lookup = async () => [{ address: '127.0.0.2', family: 4 }];
    expect(await refuse({ url }, lookup)).toContain('private or reserved');
  });

  test.each([
    ['an address', () => inside()],
    ['a number', () => `http://2130706434:${inner.port}/video`],
    ['octal', () => `http://0177.0.0.2:${inner.port}/video`],
    ['IPv6', () => `http://[::ffff:127.0.0.2]:${inner.port}/video`],
    ['another scheme', () => 'file:///etc/passwd'],
    ['another scheme', () => 'gopher://127.0.0.2/'],
  ])('a redirect to %s', async (_what, location) => {
    redirects.set('/away', location());
    const failure = await refuse({ url: outer.url('/away') });
    expect(failure).toMatch(/private or reserved|no http:\/\/ or https:\/\/ address/);
  });

  test('a redirect of our own storage', async () => {
    redirects.set('/away', inside());
    expect(await refuse({ url: outer.url('/away'), isOurs: true })).toContain(
      'private or reserved',
    );
  });
});

test('a name is resolved once, and what was checked is what is connected to', async () => {
  let questions = 0;
  const rebinding: Lookup = async () => {
    questions += 1;
    return [{ address: questions === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
  };
  const url = `http://rebinding.example.com:${outer.port}/video`;
  const guard = new Guard({ ...RULES, allowed_source_hosts: ['rebinding.example.com'] }, rebinding);
  const relay = new SourceRelay({ url, isOurs: false }, guard);
  relays.push(relay);
  const before = outer.asked.length;
  const answer = await fetch(await relay.listen({ bind: '127.0.0.1', host: '127.0.0.1' }));
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
  expect(questions).toBe(1);
  expect(outer.asked).toHaveLength(before + 1);
});

test('our own storage is read, wherever it is', async () => {
  const { url } = await relayOf({ url: `http://127.0.0.2:${inner.port}/video`, isOurs: true });
  expect((await fetch(url)).status).toBe(200);
});

describe('files that name other addresses are no videos', () => {
  const inside = () => `http://127.0.0.2:${inner.port}/video`;
  const playlists: readonly [what: string, text: () => string][] = [
    ['HLS', () => `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${inside()}\n#EXT-X-ENDLIST\n`],
    ['HLS of a file', () => '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n'],
    ['concat', () => `ffconcat version 1.0\nfile '${inside()}'\n`],
    [
      'DASH',
      () => `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>
        <Representation id="1" bandwidth="1"><BaseURL>${inside()}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ],
    [
      'SDP',
      () =>
        'v=0\no=- 0 0 IN IP4 127.0.0.2\ns=x\nc=IN IP4 127.0.0.2\nt=0 0\nm=video 5004 RTP/AVP 96\n',
    ],
  ];
  test.each(playlists)('%s', async (_what, text) => {
    const server = await FileServer.start((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(text());
    });
    const before = inner.asked.length;
    await expect(parts.probe(server.url('/list.m3u8'))).rejects.toThrow('is no video file');
    expect(inner.asked).toHaveLength(before);
    server.stop();
  });
});

describe('sources that go wrong', () => {
  test.each([['sound.m4a', 'has sound but no video']] as const)('%s: %s', async (kind, message) => {
    const file = await videos.make(kind);
    const server = await FileServer.start((request, response) => sendFile(file, request, response));
    await expect(parts.probe(server.url('/sound'))).rejects.toThrow(message);
    server.stop();
  });

  test.each([401, 403, 404, 500])('an answer of %i is told', async (status) => {
    const server = await FileServer.start((_request, response) => {
      response.writeHead(status).end('secret inner page');
    });
    const told = parts.probe(server.url('/video')).catch((error) => String(error));
    expect(await told).toContain(`The source answered ${status}.`);
    expect(await told).not.toContain('secret inner page');
    server.stop();
  });

  test('nobody there, or no TLS there', async () => {
    await expect(parts.probe('http://127.0.0.1:9/video')).rejects.toThrow('refused the connection');
    const url = outer.url('/video').replace('http:', 'https:');
    await expect(parts.probe(url)).rejects.toThrow(/^The source /);
  });

  test('a connection that breaks in the middle is taken up where it broke', async () => {
    const sink = await RtmpSink.start();
    const bytes = readFileSync(join(videos.folder, 'plain.mp4'));
    let cuts = 0;
    const server = await FileServer.start((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(206, {
        'content-length': bytes.length - from,
        'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        'accept-ranges': 'bytes',
      });
      if (bytes.length - from < 30_000) return void response.end(bytes.subarray(from));
      cuts += 1;
      response.write(bytes.subarray(from, from + 25_000), () => request.socket.end());
    });
    const { ended } = await parts.start({
      sourceUrl: server.url('/video'),
      rtmpUrl: sink.url('broken'),
      rules: LOCAL_RULES,
    });
    expect(await ended).toMatchObject({ exitCode: 0, problem: null });
    expect(cuts).toBeGreaterThan(3);
    expect(sink.pushesOf('broken')[0]?.videoPackets).toBeGreaterThanOrEqual(3 * 25);
    server.stop();
    await sink.stop();
  });
});
