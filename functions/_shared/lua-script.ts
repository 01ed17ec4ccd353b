/** Lua scripts as commands: sent by hash, and whole to a server that does not know it. */

interface ScriptInput {
  readonly keys: string[];
  readonly arguments: string[];
}

/** A client of one Redis or of a cluster. */
interface Evaluator {
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
  eval(source: string, input: ScriptInput): Promise<unknown>;
}

/** Runs on the server that holds the keys, all of which are in one slot. */
export type LuaScript<Reply> = (
  client: Evaluator,
  keys: string[],
  args: string[],
) => Promise<Reply>;

async function sha1Of(source: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(source));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/**
 * Makes the command that runs a script; `Reply` is what it returns.
 * It throws what Redis says, as any other command.
 */
export function luaScript<Reply>(source: string): LuaScript<Reply> {
  let sha1: string | undefined;
  return async (client, keys, args) => {
    const input = { keys, arguments: args };
    sha1 ??= await sha1Of(source);
    try {
      return (await client.evalSha(sha1, input)) as Reply;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await client.eval(source, input)) as Reply;
    }
  };
}
