/** RTMP addresses as people paste them. */
import { expect, test } from 'vitest';
import { parseTarget } from '../../worker/relay/target-address.ts';

test.each([
  ['rtmp://host/live/key', 'live', 'key', 'rtmp://host/live', 1935],
  ['rtmps://host/app/key', 'app', 'key', 'rtmps://host/app', 443],
  ['rtmps://host:8443/app/key', 'app', 'key', 'rtmps://host:8443/app', 8443],
  ['RTMP://Host:1936/live/key', 'live', 'key', 'rtmp://Host:1936/live', 1936],
  ['rtmp://host/app/instance/key', 'app/instance', 'key', 'rtmp://host/app/instance', 1935],
  ['rtmp://host/a/b/c/d', 'a/b', 'c/d', 'rtmp://host/a/b', 1935],
  ['rtmp://host/live/key?a=1/2&b=3', 'live', 'key?a=1/2&b=3', 'rtmp://host/live', 1935],
  ['rtmp://host/live?token=x/key', 'live?token=x', 'key', 'rtmp://host/live?token=x', 1935],
  ['rtmp://host/key', 'key', '', 'rtmp://host/key', 1935],
  ['rtmp://[2001:db8::1]:1935/live/key', 'live', 'key', 'rtmp://[2001:db8::1]:1935/live', 1935],
])('%s', (url, app, playpath, tcUrl, port) => {
  expect(parseTarget(url)).toMatchObject({ app, playpath, tcUrl, port });
});

test.each([
  'http://host/live/key',
  'rtmpt://host/live/key',
  'rtmp://user:secret@host/live/key',
  'rtmp:///live/key',
  'rtmp://host:0/live/key',
  'rtmp://host:99999/live/key',
  'rtmp://host',
  'rtmp://host/',
  'rtmp://host/live/k ey',
  'rtmp://host/live/k\ney',
  'rtmp://host/live/key live=1',
])('%j is refused, and not repeated', (url) => {
  expect(() => parseTarget(url)).toThrow(/rtmp:\/\/host\/app\/key|port/);
  expect(() => parseTarget(url)).not.toThrow(/secret|k ey|99999/);
});
