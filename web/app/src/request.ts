import { backoffMs, retryAfterMs } from './backoff.ts';
import { PROBLEM_RETRY, type Problem, type Retry } from './wire.ts';

const TIMEOUT_MS = 10_000;

const FINAL: ReadonlySet<Retry> = new Set(['never', 'new_token', 'after_mending']);

/** A request that did not end well: a problem document, some other refusal, or (status 0) no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, detail: string, retryAfter?: number) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfter;
  }

  /** Whether the same request may succeed later. Being signed out (401) is neither: it ends everything. */
  get retryable(): boolean {
    const retry = PROBLEM_RETRY[this.code];
    if (retry) return !FINAL.has(retry);
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  static of(problem: Problem): ApiError {
    const { status, code, detail, retry_after_seconds: seconds } = problem;
    return new ApiError(status, code, detail, seconds === undefined ? undefined : seconds * 1_000);
  }

  static async from(response: Response): Promise<ApiError> {
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    return new ApiError(
      response.status,
      problem.code ?? 'unknown',
      problem.detail ?? problem.title ?? `The server answered with status ${response.status}.`,
      retryAfterMs(response.headers.get('Retry-After')),
    );
  }
}

export interface RequestOptions {
  body?: unknown;
  headers?: HeadersInit;
  signal?: AbortSignal;
  /** As which of the accounts that the browser is signed in as. */
  account?: string;
}

export async function request<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const headers = new Headers(options.headers);
  const init: RequestInit = { method, headers, signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS) };
  if (options.account !== undefined) headers.set('Chinwag-Account', options.account);
  if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, 'unreachable', 'The server could not be reached.');
  }
  if (!response.ok) throw await ApiError.from(response);
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(0, 'broken_answer', 'The answer was lost on the way.');
  }
}

/** Repeats a request until it succeeds, is refused for good, or is no longer wanted. */
export async function retrying<Answer>(attempt: () => Promise<Answer>, wanted: () => boolean): Promise<Answer> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retryable || !wanted()) throw error;
      const delay = (error.retryAfterMs ?? 0) + backoffMs(failures);
      await new Promise((resolve) => {
        setTimeout(resolve, delay);
        addEventListener('online', resolve, { once: true });
      });
      if (!wanted()) throw error;
    }
  }
}
