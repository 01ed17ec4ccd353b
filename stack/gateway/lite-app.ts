import { join } from 'node:path';
import { App, setExperimental } from '@supabase/lite';
import type { StackConfig } from '../config.ts';
import type { StackKeys } from '../keys.ts';
import type { SupabaseConfig } from '../supabase-config.ts';
import type { ResolveKey } from './api-keys.ts';
import { limitAuth } from './auth-limits.ts';
import type { GatewayConnection } from './connection.ts';
import { confirmEmailChanges } from './email-change.ts';
import { below, type LiteMiddleware } from './lite-middleware.ts';
import { MailFolder } from './mail.ts';
import { requestContext } from './request-context.ts';
import { StorageFiles } from './storage-files.ts';
import { uploadLimits } from './upload-limits.ts';

export interface LiteParts {
  readonly config: StackConfig;
  readonly keys: StackKeys;
  readonly project: SupabaseConfig;
  readonly connection: GatewayConnection;
  readonly resolveKey: ResolveKey;
}

function authConfig({ config, keys, project }: LiteParts) {
  const { auth } = project;
  const external = Object.fromEntries(
    Object.entries(auth.external).map(([provider, settings]) => [
      provider,
      {
        ...settings,
        redirect_uri: settings.redirect_uri || `${config.apiUrl}/auth/v1/callback`,
      },
    ]),
  );
  return {
    enabled: true,
    jwt_secret: keys.jwtSecret,
    publishable_key: keys.publishable,
    secret_key: keys.secret,
    site_url: auth.site_url,
    additional_redirect_urls: auth.additional_redirect_urls,
    jwt_expiry: auth.jwt_expiry,
    enable_signup: auth.enable_signup,
    minimum_password_length: auth.minimum_password_length,
    enable_refresh_token_rotation: true,
    refresh_token_reuse_interval: 10,
    email: auth.email,
    external,
  };
}

/**
 * The Data API trusts a token that is signed and not expired, as PostgREST does; lite would look
 * the user and the session up for each request unless it finds them set.
 */
function trustTokens(): LiteMiddleware {
  return async (context, next) => {
    const claims = requestContext()?.caller.claims;
    if (claims?.sub && claims.role) {
      context.set('userId', claims.sub);
      context.set('sessionId', claims.session_id ?? 'none');
      context.set('jwt', claims);
    }
    await next();
    return undefined;
  };
}

/** Data API, Auth and Storage on one connection, ready to answer requests. */
export async function createLiteApp(parts: LiteParts): Promise<App> {
  const { config, project, connection, resolveKey } = parts;
  const mailSettings = { ...config, siteUrl: project.auth.site_url };
  setExperimental('storage', true);
  const app = new App({
    connection: connection.lite,
    api: { schemas: project.api.schemas, max_rows: project.api.max_rows },
    db: { migrations: { enabled: false } },
    auth: authConfig(parts),
    storage: { enabled: true, file_size_limit: project.storage.file_size_limit },
    options: {
      drivers: { email: new MailFolder(mailSettings) },
      server: {
        admin: false,
        disableStudio: true,
        middlewares: [
          below('/rest/v1/', trustTokens()),
          below('/auth/v1/', limitAuth(project.auth)),
          below('/auth/v1/', confirmEmailChanges()),
        ],
        apiKeys: { resolver: resolveKey },
      },
    },
  });
  const limits = uploadLimits(connection.own, project.storage.file_size_limit);
  const files = new StorageFiles(join(config.dataDir, 'storage'), limits);
  Object.assign(app, { _storageAdapter: files });
  await app.init();
  return app;
}
