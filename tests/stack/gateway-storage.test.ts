/** storage-js works against the gateway, and policies decide who may. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SignedUp, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let owner: SignedUp;
let other: SignedUp;

const text = (content: string) => new Blob([content], { type: 'text/plain' });

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.sql.unsafe(`
    insert into storage.buckets (id, name, public) values ('private', 'private', false), ('open', 'open', true);
    create policy own_write on storage.objects for insert to authenticated
      with check (bucket_id = 'private' and (storage.foldername(name))[1] = (select auth.uid())::text);
    create policy own_read on storage.objects for select to authenticated
      using (bucket_id = 'private' and (storage.foldername(name))[1] = (select auth.uid())::text)`);
  [owner, other] = await Promise.all([gateway.signUp(), gateway.signUp()]);
});

afterAll(() => gateway?.stop());

describe('a file in a private bucket', () => {
  const files = (who: SignedUp) => who.client.storage.from('private');
  const path = () => `${owner.id}/notes/hello.txt`;

  test('is uploaded and downloaded by its owner', async () => {
    const upload = await files(owner).upload(path(), text('hello'), { cacheControl: '60' });
    expect(upload.error).toBeNull();
    const { data, error } = await files(owner).download(path());
    expect(error).toBeNull();
    expect(await data?.text()).toBe('hello');
    expect(data?.type).toContain('text/plain');
  });

  test('is listed for its owner and for nobody else', async () => {
    const names = async (who: SignedUp) =>
      (await files(who).list(`${owner.id}/notes`)).data?.length;
    expect([await names(owner), await names(other)]).toEqual([1, 0]);
  });

  test('is not uploaded into another’s folder', async () => {
    const { error } = await files(other).upload(`${owner.id}/intruder.txt`, text('x'));
    expect(error).not.toBeNull();
    const [row] = await gateway.sql`
      select count(*)::int as found from storage.objects where name like '%intruder%'`;
    expect(row?.found).toBe(0);
  });

  test('is not downloaded by another, nor by its plain address', async () => {
    expect((await files(other).download(path())).error).not.toBeNull();
    expect((await gateway.anon().storage.from('private').download(path())).error).not.toBeNull();
    expect((await gateway.request(`/storage/v1/object/public/private/${path()}`)).ok).toBe(false);
  });

  test('is reached by a signed URL until that ends', async () => {
    const { data } = await files(owner).createSignedUrl(path(), 60);
    const answer = await fetch(data?.signedUrl ?? '');
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    const ended = await files(owner).createSignedUrl(path(), -1);
    expect((await fetch(ended.data?.signedUrl ?? '')).ok).toBe(false);
    expect((await files(other).createSignedUrl(path(), 60)).error).not.toBeNull();
  });

  test('is read in parts, as players do', async () => {
    const { data } = await files(owner).createSignedUrl(path(), 60);
    const answer = await fetch(data?.signedUrl ?? '', { headers: { range: 'bytes=1-3' } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe('bytes 1-3/5');
    expect(await answer.text()).toBe('ell');
  });

  test('is replaced only when asked to', async () => {
    expect((await files(owner).upload(path(), text('again'))).error).not.toBeNull();
    expect(await (await files(owner).download(path())).data?.text()).toBe('hello');
  });

  test('is uploaded by whoever holds a signed upload URL', async () => {
    const target = `${owner.id}/given.txt`;
    const { data, error } = await files(owner).createSignedUploadUrl(target);
    expect(error).toBeNull();
    const upload = await gateway
      .anon()
      .storage.from('private')
      .uploadToSignedUrl(target, data?.token ?? '', text('given'));
    expect(upload.error).toBeNull();
    expect(await (await files(owner).download(target)).data?.text()).toBe('given');
  });

  test('is not removed by who may not, and is by the service role', async () => {
    await files(other).remove([path()]);
    expect((await files(owner).download(path())).error).toBeNull();
    await gateway.service().storage.from('private').remove([path()]);
    expect((await files(owner).download(path())).error).not.toBeNull();
  });
});

describe('a public bucket', () => {
  test('is read by everybody and written by the service role', async () => {
    const bucket = gateway.service().storage.from('open');
    expect((await bucket.upload('logo.svg', text('<svg/>'))).error).toBeNull();
    const { publicUrl } = bucket.getPublicUrl('logo.svg').data;
    expect(await (await fetch(publicUrl)).text()).toBe('<svg/>');
    expect(
      (await owner.client.storage.from('open').upload('x.svg', text('x'))).error,
    ).not.toBeNull();
  });

  test('moves and copies its files', async () => {
    const bucket = gateway.service().storage.from('open');
    expect((await bucket.copy('logo.svg', 'copy.svg')).error).toBeNull();
    expect((await bucket.move('copy.svg', 'moved.svg')).error).toBeNull();
    expect(await (await bucket.download('moved.svg')).data?.text()).toBe('<svg/>');
    expect((await bucket.download('copy.svg')).error).not.toBeNull();
  });

  test('keeps inside its folder', async () => {
    const answer = await gateway.request('/storage/v1/object/public/open/..%2f..%2fkeys.json');
    expect(answer.ok).toBe(false);
    expect(await answer.text()).not.toContain(gateway.keys.secret);
  });
});

test('buckets are made by the service role only', async () => {
  expect((await gateway.service().storage.createBucket('made', { public: true })).error).toBeNull();
  expect((await owner.client.storage.createBucket('refused')).error).not.toBeNull();
});
