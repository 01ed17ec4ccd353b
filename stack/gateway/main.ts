/** The gateway: Data API, Auth, Storage and the way to the functions, on one port. */
import { HOST } from '../../lib/host.ts';
import { loadConfig } from '../config.ts';
import { loadKeys } from '../keys.ts';
import { loadSupabaseConfig } from '../supabase-config.ts';
import { completeUserTokens, TokenVerifier } from './access-token.ts';
import { callerReader } from './caller.ts';
import { openConnection } from './connection.ts';
import { surviveLostSessions } from './driver-failures.ts';
import { createLiteApp } from './lite-app.ts';
import { liteListener } from './lite-listener.ts';
import { tidyConsole } from './log.ts';
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
const app = await createLiteApp({ config, keys, tokens, project, connection });
const lite = liteListener(app, connection, callerReader(keys, tokens));
const server = createGatewayServer(config, lite, connection);

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
