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
    delete_account: 'authenticated service_role',
    expire_packages: 'service_role',
    my_linked_accounts: 'authenticated service_role',
    register_device: 'authenticated service_role',
    revoke_session: 'authenticated service_role',
    set_user_package: 'authenticated service_role',
    set_user_role: 'authenticated service_role',
  },
  helpers: { is_username_taken: 'authenticated service_role' },
} satisfies DomainPrivileges;
