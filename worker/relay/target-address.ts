/** Reading an RTMP address as RTMP clients do. */
import { Refused } from '../guard/refused.ts';

/** Where a stream is pushed to. Secret, all of it but the host. */
export interface TargetAddress {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  /** The application, as `connect` names it. */
  readonly app: string;
  /** The stream's name, as `publish` names it: the key. */
  readonly playpath: string;
  /** The server with the application. */
  readonly tcUrl: string;
}

const FORM = /^(rtmps?):\/\/(\[[0-9a-f:.]+\]|[^:@/?#[\]]+)(?::(\d{1,5}))?(?:\/(.*))?$/is;
const DEFAULT_PORTS = { rtmp: 1935, rtmps: 443 } as const;

function isUnprintable(text: string): boolean {
  return [...text].some((character) => character <= ' ' || character === '\u007f');
}

/**
 * The first segments are the application, one or, of three and more, two; the rest is the stream's name, parameters
 * included. With a single segment before the `?`, parameters up to the last `/` belong to the application.
 */
function readPath(path: string): readonly [app: string, playpath: string] {
  const [bare = '', ...more] = path.split('?');
  const query = more.length > 0 ? `?${more.join('?')}` : '';
  if (bare.includes('/')) {
    const segments = bare.split('/');
    const depth = Math.min(2, segments.length - 1);
    return [segments.slice(0, depth).join('/'), segments.slice(depth).join('/') + query];
  }
  const slash = query.lastIndexOf('/');
  if (slash < 0) return [bare + query, ''];
  return [bare + query.slice(0, slash), query.slice(slash + 1)];
}

/**
 * Reads `rtmp[s]://host[:port]/app/key?more`.
 * @throws Refused, without repeating the address
 */
export function parseTarget(url: string): TargetAddress {
  const [, scheme = '', host = '', port, path = ''] = FORM.exec(url) ?? [];
  if (!host || isUnprintable(url)) {
    throw new Refused(
      'The target is no RTMP address. It looks like rtmp://host/app/key or rtmps://host/app/key, without a user name or password.',
    );
  }
  const protocol = scheme.toLowerCase() as keyof typeof DEFAULT_PORTS;
  const [app, playpath] = readPath(path);
  if (!app) throw new Refused('The target names no application: rtmp://host/app/key.');
  const portNumber = Number(port ?? DEFAULT_PORTS[protocol]);
  if (portNumber < 1 || portNumber > 65535) throw new Refused('The target has no valid port.');
  return {
    isTls: protocol === 'rtmps',
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: portNumber,
    app,
    playpath,
    tcUrl: `${protocol}://${host}${port ? `:${port}` : ''}/${app}`,
  };
}
