/** A change of the e-mail address: both addresses are asked, as on hosted Supabase. */
import type { LiteMiddleware } from './lite-middleware.ts';

const CURRENT = 'email_change_token_current';
const NEW = 'email_change_token_new';

/** Hosted Auth's words for the first of the two. */
const HALF_DONE =
  'Confirmation link accepted. Please proceed to confirm link sent to the other email';

interface User {
  readonly id: string;
  readonly [CURRENT]: string | null;
  readonly [NEW]: string | null;
}

interface Found {
  readonly user: User;
  readonly tokenColumn: string;
}

interface About {
  readonly newEmail: string;
  readonly tokenNew?: string;
  readonly tokenHashNew?: string;
}

/** What of lite's auth service is changed here; each request has one of its own. */
interface AuthService {
  config: { readonly email?: object };
  readonly mailer: {
    sendEmailChange(to: string, tokenHash: string, code: string, about: About): Promise<void>;
  };
  /** While a token is verified, that of the transaction. */
  readonly repo: { findUserById(id: string): Promise<User | null> };
  findUserByTokenAndType(tokenHash: string, type: string): Promise<Found | null>;
  completeVerifyOtp(user: User, tokenColumn: string, type: string): Promise<object>;
}

/** lite makes a token for each address and mails the current one's alone. */
function mailBoth({ mailer }: AuthService): void {
  const send = mailer.sendEmailChange.bind(mailer);
  mailer.sendEmailChange = async (to, tokenHash, code, about) => {
    await send(to, tokenHash, code, about);
    const { newEmail, tokenHashNew, tokenNew } = about;
    if (tokenHashNew && tokenNew) await send(newEmail, tokenHashNew, tokenNew, about);
  };
}

/** lite takes the current address' token alone where both are asked, by this setting. */
function acceptEither(service: AuthService): void {
  const find = service.findUserByTokenAndType.bind(service);
  service.findUserByTokenAndType = async (tokenHash, type) => {
    const found = await find(tokenHash, type);
    const email = {
      ...service.config.email,
      double_confirm_changes: found?.tokenColumn === CURRENT,
    };
    if (found && type === 'email_change') service.config = { ...service.config, email };
    return found;
  };
}

/**
 * The first token of two is used up and changes nothing. Using it up has locked the user's row: of two
 * that come at once, the second sees that the first is gone.
 */
function awaitBoth(service: AuthService, onFirst: () => void): void {
  const complete = service.completeVerifyOtp.bind(service);
  service.completeVerifyOtp = async (user, tokenColumn, type) => {
    const other = tokenColumn === CURRENT ? NEW : CURRENT;
    const isFirst =
      type === 'email_change' && Boolean((await service.repo.findUserById(user.id))?.[other]);
    if (!isFirst) return complete(user, tokenColumn, type);
    onFirst();
    return { code: '200', msg: HALF_DONE };
  };
}

/** Makes a change of the e-mail address wait for the confirmation of each address that was asked. */
export function confirmEmailChanges(): LiteMiddleware {
  return async (context, next) => {
    const service = context.get('authService') as AuthService;
    const outcome = { isHalfDone: false };
    mailBoth(service);
    acceptEither(service);
    awaitBoth(service, () => {
      outcome.isHalfDone = true;
    });
    await next();
    const target = context.res.headers.get('location');
    if (outcome.isHalfDone && target) {
      const message = new URLSearchParams({ message: HALF_DONE });
      context.res.headers.set('location', target.replace(/#.*$/, `#${message}`));
    }
    return undefined;
  };
}
