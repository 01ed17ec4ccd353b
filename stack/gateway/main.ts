/** The gateway: Data API, Auth, Storage and the way to the functions, on one port. */
import { HOST } from '../../lib/host.ts';
import { loadConfig } from '../config.ts';
import { loadKeys } from '../keys.ts';
import { loadSupabaseConfig } from '../supabase-config.ts';
import { completeUserTokens, TokenVerifier } from './access-token.ts';
import { apiKeyResolver } from './api-keys.ts';
import { BodySenders } from './body-senders.ts';
import { byteSize } from './byte-size.ts';
import { callerReader } from './caller.ts';
import { openConnection } from './connection.ts';
import { surviveLostSessions } from './driver-failures.ts';
import { createLiteApp } from './lite-app.ts';
import { tidyConsole } from './log.ts';
import { RequestBodies } from './request-bodies.ts';
import { createGatewayServer } from './server.ts';
import { userClaims } from './user-claims.ts';

tidyConsole();
surviveLostSessions();
const config = loadConfig();
const keys = loadKeys(config.dataDir);
const tokens = new TokenVerifier(keys.jwtSecret);
const project = loadSupabaseConfig();
const connection = openConnection(config, project.api.schemas);
completeUserTokens(userClaims(connection.own, `${config.apiUrl}/auth/v1`));
const resolveKey = apiKeyResolver(keys, tokens);
const app = await createLiteApp({ config, keys, project, connection, resolveKey });
const bodies = new RequestBodies(
  new BodySenders(resolveKey, tokens),
  config.maxBodyBytes,
  byteSize(project.storage.file_size_limit),
);
const readCaller = callerReader(resolveKey, tokens);
const server = createGatewayServer(config, { app, connection, bodies, tokens, readCaller });

server.on('error', (error) => {
  console.error(`gateway: ${error.message}`);
  process.exit(1);
});
server.listen(config.ports.api, HOST, () => {
  console.log(`gateway: ${config.apiUrl}`);
});

async function stop(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await connection.close();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
