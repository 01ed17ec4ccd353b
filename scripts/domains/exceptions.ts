/** Where a domain may name what a later one makes. */

export interface Exception {
  readonly domain: string;
  readonly names: string;
  /** Why it cannot be otherwise. */
  readonly reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    domain: 'core',
    names: 'public.users',
    reason:
      'private.is_admin reads roles: the policies of every domain need it, and plpgsql looks tables up at run time',
  },
];
