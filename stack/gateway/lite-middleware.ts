/** What the gateway uses of the context that lite hands to a middleware (Hono's). */
export interface LiteContext {
  readonly req: {
    readonly method: string;
    readonly path: string;
    header(name: string): string | undefined;
    query(name: string): string | undefined;
    /** Can be read again. */
    text(): Promise<string>;
  };
  /** The answer, once the next handler has given it. */
  res: Response;
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}

export type LiteMiddleware = (
  context: LiteContext,
  next: () => Promise<void>,
) => Promise<Response | undefined>;

/** Leaves requests to other paths than those below `prefix` alone. */
export function below(prefix: string, middleware: LiteMiddleware): LiteMiddleware {
  return async (context, next) => {
    if (context.req.path.startsWith(prefix)) return middleware(context, next);
    await next();
    return undefined;
  };
}
