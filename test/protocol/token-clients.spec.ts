import { pushImage } from './support/content.js';
import { Http } from './support/http.js';
import {
  basicOf,
  ODD_PASSWORD,
  rightsOf,
  statusWith,
  type TokenAnswer,
  TokenEndpoint,
} from './support/token-endpoint.js';
import { useRegistry } from './support/use-registry.js';

// What each client sends, written down from its requests (crane 0.22.1, cosign 3.1.3, oras 1.3.6, helm 4.3, regctl 0.11.7,
// skopeo 1.9.3, docker 20.10.24 and 28.2.2, ctr 1.6.20 and 2.4, BuildKit's buildctl, the conformance suite, @sigstore/oci).
// `APP` and `SRC` stand for two repositories, `PASSWORD` and `REFRESH` for the credential.

const { registry, closing } = useRegistry({ LADING_REFRESH_TOKENS: 'on', LADING_ADMIN_PASSWORD: ODD_PASSWORD });
let tokens: TokenEndpoint;
let refreshToken: string;

const APP = 'dialect/app';
const SRC = 'dialect/source';

beforeAll(async () => {
  tokens = closing(new TokenEndpoint(registry, ODD_PASSWORD));
  const admin = new Http(registry, tokens.basic);
  for (const name of [APP, SRC]) await pushImage(admin, name, 'v1');
  admin.close();
  refreshToken = await tokens.refreshToken();
});

const written = (text: string) =>
  text
    .replaceAll('APP', encodeURIComponent(APP))
    .replaceAll('SRC', encodeURIComponent(SRC))
    .replaceAll('PASSWORD', new URLSearchParams({ p: ODD_PASSWORD }).toString().slice(2))
    .replaceAll('REFRESH', refreshToken);

const get = (query: string) => tokens.get(written(query));

/** skopeo does not send the length of its form; regctl names a charset. */
function post(client: string, form: string): Promise<TokenAnswer> {
  if (client.startsWith('skopeo')) return tokens.post(written(form), { 'transfer-encoding': 'chunked' });
  const type = 'application/x-www-form-urlencoded; charset=utf-8';
  return tokens.post(written(form), client.startsWith('regctl') ? { 'content-type': type } : {});
}

/** What the token does in both repositories. */
const rights = async (answer: TokenAnswer) => [
  answer.status,
  answer.status === 200 && (await rightsOf(tokens, answer, APP)),
  answer.status === 200 && (await rightsOf(tokens, answer, SRC)),
];

describe('by GET with Basic', () => {
  it.each([
    ['crane to pull', 'scope=repository%3AAPP%3Apull&service=lading', 'pull', ''],
    ['crane to push', 'scope=repository%3AAPP%3Apush%2Cpull&service=lading', 'pull,push', ''],
    ['crane to delete', 'scope=repository%3AAPP%3Apush%2Cpull%2Cdelete&service=lading', 'pull,push,delete', ''],
    [
      'crane and cosign to copy',
      'scope=repository%3AAPP%3Apush%2Cpull&scope=repository%3ASRC%3Apull&service=lading',
      'pull,push',
      'pull',
    ],
    ['oras and helm to push', 'scope=repository%3AAPP%3Apull%2Cpush&service=lading', 'pull,push', ''],
    ['oras to delete', 'scope=repository%3AAPP%3Adelete%2Cpull&service=lading', 'pull,delete', ''],
    [
      'oras to copy',
      'scope=repository%3ASRC%3Apull&scope=repository%3AAPP%3Apull%2Cpush&service=lading',
      'pull,push',
      'pull',
    ],
    [
      'regctl to pull',
      'account=admin&client_id=regclient%2Fregctl+%28v0.11.7%29&scope=repository%3AAPP%3Apull&service=lading',
      'pull',
      '',
    ],
    [
      'regctl to copy',
      'account=admin&client_id=regclient%2Fregctl+%28v0.11.7%29&scope=repository%3AAPP%3Apull%2Cpush&scope=repository%3ASRC%3Apull&service=lading',
      'pull,push',
      'pull',
    ],
    [
      'regctl to delete',
      'account=admin&client_id=regclient%2Fregctl+%28v0.11.7%29&scope=repository%3AAPP%3Adelete%2Cpull%2Cpush&service=lading',
      'pull,push,delete',
      '',
    ],
    ['skopeo and podman to pull', 'account=admin&scope=repository%3AAPP%3Apull&service=lading', 'pull', ''],
    ['skopeo and podman to push', 'account=admin&scope=repository%3AAPP%3Apull%2Cpush&service=lading', 'pull,push', ''],
    [
      'skopeo to mount',
      'account=admin&scope=repository%3AAPP%3Apull%2Cpush&scope=repository%3ASRC%3Apull&service=lading',
      'pull,push',
      'pull',
    ],
    ['skopeo to delete', 'account=admin&scope=repository%3AAPP%3A%2A&service=lading', 'pull,push,delete', ''],
    [
      'docker without refresh tokens',
      'account=admin&scope=repository%3AAPP%3Apush%2Cpull&service=lading',
      'pull,push',
      '',
    ],
    ['ctr and BuildKit after a refused POST', 'scope=repository%3AAPP%3Apull%2Cpush&service=lading', 'pull,push', ''],
    ['the conformance suite', 'scope=repository%3AAPP%3Apull%2Cpush&service=lading', 'pull,push', ''],
    [
      'the conformance suite to mount',
      'scope=repository%3AAPP%3Apull%2Cpush%20repository%3ASRC%3Apull&service=lading',
      'pull,push',
      'pull',
    ],
    ['the conformance suite to delete', 'scope=repository%3AAPP%3Adelete&service=lading', 'delete', ''],
    ['@sigstore/oci', 'service=lading&scope=repository%3AAPP%3Apull%2Cpush', 'pull,push', ''],
    ['python oras', 'service=lading&scope=repository%3AAPP%3Apull', 'pull', ''],
  ])('TOK-01, TOK-02, TOK-12, LOGIN-03: %s gets what it asks for and no more', async (_, query, app, source) => {
    expect(await rights(await get(query))).toEqual([200, app, source]);
  });

  it('TOK-13: crane, oras and regctl list the catalog', async () => {
    for (const query of [
      'scope=registry%3Acatalog%3A%2A&service=lading',
      'account=admin&client_id=regclient%2Fregctl+%28v0.11.7%29&scope=registry%3Acatalog%3A%2A&service=lading',
    ]) {
      expect(await statusWith(tokens, await get(query), '/v2/_catalog')).toBe(200);
    }
  });

  it('TOK-01, TOK-08: docker, ctr and the conformance suite as nobody get a token that opens nothing', async () => {
    const query = written('scope=repository%3AAPP%3Apull&service=lading');
    const answers = [await tokens.getAnonymously(query), await tokens.get(query, 'Basic Og==')];
    for (const answer of answers) expect(await rights(answer)).toEqual([200, '', '']);
  });
});

describe('by POST', () => {
  it.each([
    [
      'ctr to pull',
      'client_id=containerd-client&grant_type=password&password=PASSWORD&scope=repository%3AAPP%3Apull&service=lading&username=admin',
      'pull',
      '',
    ],
    [
      'ctr to push layers of another repository',
      'client_id=containerd-client&grant_type=password&password=PASSWORD&scope=repository%3AAPP%3Apull+repository%3AAPP%3Apull%2Cpush+repository%3ASRC%3Apull&service=lading&username=admin',
      'pull,push',
      'pull',
    ],
    [
      'BuildKit to push',
      'client_id=buildkit-client&grant_type=password&password=PASSWORD&scope=repository%3AAPP%3Apull%2Cpush&service=lading&username=admin',
      'pull,push',
      '',
    ],
    [
      'BuildKit to push layers of another registry',
      'client_id=buildkit-client&grant_type=password&password=PASSWORD&scope=repository%3Alibrary%2Falpine%3Apull+repository%3AAPP%3Apull%2Cpush&service=lading&username=admin',
      'pull,push',
      '',
    ],
  ])('TOK-20, TOK-22, LOGIN-05: %s gets what it asks for and no more', async (client, form, app, source) => {
    expect(await rights(await post(client, form))).toEqual([200, app, source]);
  });

  it.each([
    ['docker to push', 'docker', ['APP%3Apush%2Cpull'], 'pull,push', ''],
    ['docker to pull', 'docker', ['APP%3Apull'], 'pull', ''],
    ['crane to copy', 'go-containerregistry', ['APP%3Apush%2Cpull+repository%3ASRC%3Apull'], 'pull,push', 'pull'],
    ['oras to push', 'oras-go', ['APP%3Apull%2Cpush'], 'pull,push', ''],
    ['skopeo to mount', 'containers%2Fimage', ['APP%3Apull%2Cpush', 'SRC%3Apull'], 'pull,push', 'pull'],
    ['regctl to pull', 'regclient%2Fregctl+%28v0.11.7%29', ['APP%3Apull'], 'pull', ''],
    ['regctl to delete', 'regclient%2Fregctl+%28v0.11.7%29', ['APP%3Apull%2Cpush%2Cdelete'], 'pull,push,delete', ''],
    [
      'regctl to copy',
      'regclient%2Fregctl+%28v0.11.7%29',
      ['APP%3Apull%2Cpush+repository%3ASRC%3Apull'],
      'pull,push',
      'pull',
    ],
    ['ctr to pull', 'containerd-client', ['APP%3Apull'], 'pull', ''],
    ['BuildKit to push', 'buildkit-client', ['SRC%3Apull+repository%3AAPP%3Apull%2Cpush'], 'pull,push', 'pull'],
  ])('TOK-20, TOK-23, LOGIN-04: %s with an identity token', async (client, id, scopes, app, source) => {
    const scope = scopes.map((each) => `&scope=repository%3A${each}`).join('');
    const form = `client_id=${id}&grant_type=refresh_token&refresh_token=REFRESH${scope}&service=lading`;
    const answer = await post(client, form);
    expect(await rights(answer)).toEqual([200, app, source]);
    expect(answer.json.refresh_token).toBe(refreshToken);
  });
});

it("TOK-22: Docker's BuildKit with an identity token tries GET first, and goes on by POST after a 401", async () => {
  const query = written('scope=repository%3AAPP%3Apull&service=lading');
  expect((await tokens.get(query, basicOf('', refreshToken))).status).toBe(401);
  const form =
    'client_id=buildkit-client&grant_type=refresh_token&refresh_token=REFRESH&scope=repository%3AAPP%3Apull&service=lading';
  expect(await rights(await post('BuildKit', form))).toEqual([200, 'pull', '']);
});

describe('a login', () => {
  const wrong = () => basicOf('admin', `${ODD_PASSWORD}x`);

  it.each([
    ['docker', 'account=admin&client_id=docker&offline_token=true&service=lading'],
    ['skopeo, podman and buildah', 'account=admin&service=lading'],
    ['oras', 'service=lading'],
    ['regctl', 'account=admin&client_id=regclient%2Fregctl+%28v0.11.7%29&service=lading'],
  ])(
    'LOGIN-01, LOGIN-02, LOGIN-03: of %s ends with 200 on /v2/, and with 401 for a wrong password',
    async (_, query) => {
      const nobody = new Http(registry);
      const { status, headers } = await nobody.send('GET', '/v2/');
      nobody.close();
      expect([status, headers['www-authenticate']]).toEqual([
        401,
        `Bearer realm="${registry.url}/token",service="lading"`,
      ]);
      expect(await statusWith(tokens, await tokens.get(query), '/v2/')).toBe(200);
      expect((await tokens.get(query, wrong())).status).toBe(401);
    },
  );

  it('LOGIN-03: of helm is a POST without a scope', async () => {
    const form = 'client_id=oras-go&grant_type=password&password=PASSWORD&service=lading&username=admin';
    expect(await statusWith(tokens, await post('helm', form), '/v2/')).toBe(200);
    expect((await post('helm', form.replace('PASSWORD', 'wrong'))).status).toBe(401);
  });

  it('LOGIN-01, LOGIN-04: of docker is given what its pushes then use, again and again', async () => {
    const { json } = await tokens.get('account=admin&client_id=docker&offline_token=true&service=lading');
    expect(json.refresh_token).toEqual(expect.any(String));
    const form = `client_id=docker&grant_type=refresh_token&refresh_token=${json.refresh_token}&scope=repository%3AAPP%3Apush%2Cpull&service=lading`;
    for (let push = 0; push < 2; push += 1) {
      expect(await rights(await post('docker', form))).toEqual([200, 'pull,push', '']);
    }
  });

  it('TOK-24: of ctr with a wrong password costs a POST and a GET, both 401', async () => {
    const form =
      'client_id=containerd-client&grant_type=password&password=wrong&scope=repository%3AAPP%3Apull&service=lading&username=admin';
    const answer = await post('ctr', form);
    expect([answer.status, answer.json.error]).toEqual([401, 'invalid_grant']);
    const query = written('scope=repository%3AAPP%3Apull&service=lading');
    expect((await tokens.get(query, basicOf('admin', 'wrong'))).status).toBe(401);
  });
});

describe('LOGIN-05: a name or a password of unusual characters', () => {
  it('is read as it is meant, in Basic and in a form', async () => {
    expect((await tokens.get()).status).toBe(200);
    const fields = { grant_type: 'password', username: 'admin', password: ODD_PASSWORD };
    expect((await tokens.post(fields)).status).toBe(200);
    // Read once more, or once less, it would be another password.
    for (const password of [ODD_PASSWORD.replace('+', ' '), ODD_PASSWORD.replace('%41', 'A')]) {
      expect((await tokens.post({ ...fields, password })).status).toBe(401);
      expect((await tokens.get('', basicOf('admin', password))).status).toBe(401);
    }
  });

  it('is a wrong one like any other where nobody has it', async () => {
    for (const name of ['robot$ci', 'robot+ci', 'ci@acme', 'a%41', 'ä', '<token>', "x' OR 1=1 --"]) {
      expect([name, (await tokens.get('', basicOf(name, 'x'))).status]).toEqual([name, 401]);
      const form = { grant_type: 'password', username: name, password: 'x' };
      expect([name, (await tokens.post(form)).status]).toEqual([name, 401]);
    }
  });
});
