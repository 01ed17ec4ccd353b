/** A service that hangs is noticed, ended and started again. */
import { expect, test } from '../support/fixtures.ts';

test('a service that hangs is ended and started again; those that wait for it are not', async ({
  stack,
}) => {
  const before = await stack.status();
  const hung = ['realtime', 'scheduler', 'redis', 'postgres'];
  for (const service of hung) {
    process.kill(await stack.pidOf(service), 'SIGSTOP');
  }
  const restartsOf = (name: string) =>
    before.services.find((service) => service.name === name)?.restarts ?? 0;
  for (const service of hung) {
    await stack.waitFor(service, (now) => now.ready && now.restarts === restartsOf(service) + 1);
    expect(stack.process.output()).toContain(
      `${service} ended (hung (SIGKILL)); starting it again`,
    );
  }
  await stack.awaitReady();
  for (const service of ['gateway', 'functions', 'media']) {
    expect((await stack.statusOf(service)).restarts).toBe(restartsOf(service));
  }
});
