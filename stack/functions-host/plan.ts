/** What the supervisor tells the functions' host to serve; its only command line argument, as JSON. */
export interface HostPlan {
  readonly hostname: string;
  readonly port: number;
  readonly functions: readonly FunctionPlan[];
}

export interface FunctionPlan {
  readonly name: string;
  /** `file:` URL of the module whose default export has `fetch`. */
  readonly entrypoint: string;
  /** Whether callers need a JWT of this project before the function sees them. */
  readonly verifyJwt: boolean;
  /** When it takes longer the caller gets a 504. */
  readonly answerWithinSeconds: number;
}
