/**
 * The errors that edge functions answer by themselves; what the database says is passed on as it is.
 * Plain TypeScript, so that any program can read the list.
 */

interface ErrorTerms {
  /** HTTP status. */
  readonly status: number;
  /** What to do next. */
  readonly hint: string;
}

/** By the stable code that programs match: each has one status and one hint. */
export const ERRORS = {
  body_too_large: { status: 413, hint: 'Send less in one request.' },
  credentials_unchecked: {
    status: 500,
    hint: 'Set what the message names in the environment of the functions.',
  },
  database_unreachable: {
    status: 503,
    hint: 'Try again in a few seconds; if it stays, look at the status of the stack.',
  },
  hook_malformed: {
    status: 400,
    hint: 'See docs/ingest.md for the configuration of each media server.',
  },
  ingest_secret_invalid: {
    status: 401,
    hint: "Put ?secret=<the project's INGEST_SECRET> into the media server's hook URL.",
  },
  ingest_secret_missing: {
    status: 500,
    hint: 'Set one: supabase secrets set INGEST_SECRET=$(openssl rand -hex 24)',
  },
  job_failed: { status: 500, hint: 'get_job_runs has the record of this run.' },
  method_not_allowed: { status: 405, hint: 'Send POST; nginx-rtmp: notify_method post.' },
  request_malformed: { status: 400, hint: 'Send JSON of the form that the message shows.' },
  session_not_found: { status: 404, hint: 'Let the encoder connect again.' },
  too_many_requests: { status: 429, hint: 'Beat every heartbeat_seconds, as join says.' },
  unauthorized: {
    status: 401,
    hint: 'Send a key of the project as apikey, or the access token of a signed-in user.',
  },
  video_not_found: {
    status: 404,
    hint: 'Upload it again, or make a request for another file.',
  },
  viewer_token_invalid: { status: 401, hint: 'Join again for a new one.' },
} as const satisfies Readonly<Record<string, ErrorTerms>>;

export type ErrorCode = keyof typeof ERRORS;
