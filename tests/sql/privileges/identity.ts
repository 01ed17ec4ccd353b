import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  tables: {
    packages: { anon: 'select', authenticated: 'select' },
    profiles: { anon: 'select', authenticated: 'select' },
    user_sessions: { authenticated: 'select' },
    users: { authenticated: 'select' },
  },
  columns: {
    profiles: {
      authenticated: { update: 'avatar_url bio display_name username' },
    },
    users: {
      authenticated: { update: 'first_name last_name' },
    },
  },
  rpcs: {
    delete_account: 'authenticated',
    expire_packages: 'service_role',
    my_linked_accounts: 'authenticated',
    register_device: 'authenticated',
    revoke_session: 'authenticated',
    set_user_package: 'authenticated',
    set_user_role: 'authenticated',
  },
  helpers: {
    is_username_reserved: 'authenticated service_role',
    is_username_taken: 'authenticated service_role',
  },
} satisfies DomainPrivileges;
