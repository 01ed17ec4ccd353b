import type { DomainPrivileges } from '../../support/privileges.ts';

export default {
  rpcs: {
    acknowledge_file_deletions: 'service_role',
    begin_job_run: 'service_role',
    finish_job_run: 'service_role',
    get_job_runs: 'authenticated',
    get_settings: 'authenticated',
    maintain_partitions: 'service_role',
    set_setting: 'authenticated',
    take_file_deletions: 'service_role',
  },
  helpers: {
    check_one_of: 'anon authenticated service_role',
    check_text: 'anon authenticated service_role',
    fail: 'anon authenticated service_role',
    first_visible_user: 'anon authenticated service_role',
    is_admin: 'anon authenticated service_role',
    last_visible_user: 'anon authenticated service_role',
    require_user: 'anon',
  },
} satisfies DomainPrivileges;
