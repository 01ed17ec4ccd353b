import { defineConfig } from 'vitest/config';

/** What needs a browser, a full disk, a long wait or a backup. */
const LONG = 'tests/**/*.long.test.ts';

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'quick', include: ['tests/**/*.test.ts'], exclude: [LONG] } },
      { extends: true, test: { name: 'long', include: [LONG] } },
    ],
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Also for what a test's fixtures take to start.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
