/** The shared database server, as the tests reach it. */
import { request } from 'node:http';
import { inject } from 'vitest';

function ask(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(body).port);
        else reject(new Error(`The shared test database did not start:\n${body}`));
      });
    })
      .on('error', reject)
      .end();
  });
}

let port: Promise<number> | undefined;

/** The port of the shared server; the first caller of a test run starts it. */
export function sharedClusterPort(): Promise<number> {
  port ??= ask(inject('clusterSocket'));
  return port;
}
