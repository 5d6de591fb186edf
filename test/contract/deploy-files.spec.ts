import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfiguration } from '../../src/config/configuration';
import type { Setting } from '../../src/config/setting';
import { defaultText, ROOMS, SETTINGS } from '../../src/config/settings';
import { isGuessableSecret } from '../../src/config/guessable-secrets';
import { startService, type Service } from '../support/process/service';

const ROOT = resolve(__dirname, '../..');
const PORT = Number(defaultText(ROOMS.http.port));
/** What the service adds to its own limits before it ends a stop that hangs (src/bootstrap/shutdown-handler.ts), in seconds. */
const STOP_MARGIN = 5;

const KNOWN_NAMES = SETTINGS.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));

type Variables = Readonly<Record<string, string>>;

interface Probe {
  httpGet: { path: string; port: string | number };
}

interface KubernetesContainer {
  ports: { name: string; containerPort: number }[];
  env: { name: string; value: string }[];
  volumeMounts: { name: string; mountPath: string }[];
  resources: { limits: { memory: string } };
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe: Probe;
  securityContext: Record<string, unknown>;
}

interface KubernetesObject {
  kind: string;
  metadata: { name: string };
  stringData?: Record<string, string>;
  spec: {
    replicas: number;
    minAvailable: number;
    minReplicas: number;
    scaleTargetRef: { kind: string; name: string };
    podSelector: unknown;
    selector: Record<string, unknown>;
    ports: { targetPort: string }[];
    template: {
      metadata: { labels: Record<string, string> };
      spec: {
        terminationGracePeriodSeconds: number;
        enableServiceLinks: boolean;
        automountServiceAccountToken: boolean;
        volumes: { name: string; secret: { secretName: string; items: { key: string; path: string }[] } }[];
        securityContext: Record<string, unknown>;
        containers: [KubernetesContainer];
      };
    };
  };
}

interface TaskDefinition {
  containerDefinitions: [
    {
      portMappings: { containerPort: number }[];
      environment: { name: string; value: string }[];
      secrets: { name: string }[];
      stopTimeout: number;
      user: string;
      healthCheck: { command: string[] };
    },
  ];
}

interface ComposeFile {
  services: Record<
    'auth' | 'db' | 'auth-production' | 'migrate-production',
    {
      build?: { dockerfile: string };
      environment: Record<string, string>;
      ports: string[];
      depends_on?: Record<string, { condition: string }>;
      healthcheck?: unknown;
      volumes?: string[];
      stop_grace_period?: string;
      profiles?: string[];
      secrets?: string[];
    }
  >;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, unknown>;
}

const dockerfile = read('docker/Dockerfile');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function kubernetesObjects(): KubernetesObject[] {
  const folder = 'deploy/kubernetes/base';
  const files = readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`);
  const manifests = files.filter((file) => !file.endsWith('/kustomization.yaml'));
  return [...manifests, 'deploy/kubernetes/secrets.example.yaml'].flatMap((file) =>
    parseAllDocuments(read(file)).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as KubernetesObject;
    }),
  );
}

function ofKind(kind: string): KubernetesObject {
  const found = kubernetesObjects().find((object) => object.kind === kind);
  if (!found) throw new Error(`no ${kind} in deploy/kubernetes`);
  return found;
}

/** As in deploy/kubernetes/secrets.example.yaml. */
const DATABASE_URL_EXAMPLE = 'postgresql://user:password@host:5432/promptstack?sslmode=verify-full';

/** Expects that the service starts in production with these variables, once it is given real secrets. */
function expectProductionConfiguration(names: readonly string[], variables: Variables): void {
  expect(KNOWN_NAMES).toEqual(expect.arrayContaining([...names]));
  expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'AUTH_JWT_SECRET_KEY', 'AUTH_AUDIT_KEY']));
  const { warnings, http } = loadConfiguration({
    NODE_ENV: 'production',
    DATABASE_URL: DATABASE_URL_EXAMPLE,
    AUTH_JWT_SECRET_KEY: randomBytes(32).toString('base64url'),
    AUTH_AUDIT_KEY: randomBytes(32).toString('base64url'),
    ...variables,
  });
  expect(warnings).toEqual([expect.stringMatching(/^POST \/auth\/validate asks for no credential/)]);
  expect(http.port).toBe(PORT);
}

/** Seconds that a stop may take with these variables. */
function stopLimit(variables: Variables): number {
  const seconds = (setting: Setting) => Number(variables[setting.name] ?? defaultText(setting));
  return seconds(ROOMS.http.drainSeconds) + seconds(ROOMS.http.shutdownGraceSeconds) + STOP_MARGIN;
}

describe('docker/Dockerfile', () => {
  it('builds and ships on the Node.js of .node-version', () => {
    const tags = [...dockerfile.matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version);
    const version = read('.node-version').trim();
    expect(tags).toEqual([version, version]);
  });
});

describe('deploy/kubernetes', () => {
  const deployment = ofKind('Deployment').spec;
  const pod = deployment.template.spec;
  const [container] = pod.containers;

  it('asks for no service links, whose names look like settings', () => {
    expect(pod.enableServiceLinks).toBe(false);
  });

  const variables = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

  it.each([
    ['Deployment', deployment.template.spec],
    ['Job', ofKind('Job').spec.template.spec],
  ])(
    'takes every secret of the %s from a file, that of an example which production refuses',
    (_kind, spec) => {
      const secrets = kubernetesObjects().filter(({ kind }) => kind === 'Secret');
      const [{ env, volumeMounts, securityContext }] = spec.containers;
      const files = volumeMounts.flatMap(({ name, mountPath }) => {
        const { secretName, items } = spec.volumes.find((volume) => volume.name === name)!.secret;
        return items.map(({ key, path }) => {
          const example = secrets.find(({ metadata }) => metadata.name === secretName);
          expect(example?.stringData).toHaveProperty([key]);
          return `${mountPath}/${path}`;
        });
      });
      const given = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value);
      expect(given.sort()).toEqual(files.sort());
      const secretNames = SETTINGS.filter(({ secret }) => secret).map(({ name }) => name);
      expect(env.filter(({ name }) => secretNames.includes(name))).toEqual([]);
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
    },
  );

  it('has examples of secrets that production refuses', () => {
    const example = kubernetesObjects().find(({ metadata }) => metadata.name === 'auth-secrets')?.stringData;
    expect(isGuessableSecret(example?.['jwt-secret'] ?? '')).toBe(true);
  });

  it('migrates in a job under another role, with its address from a secret of its own', () => {
    const [migrate] = ofKind('Job').spec.template.spec.containers;
    expect(migrate.env.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['DATABASE_URL_FILE', 'AUTH_DATABASE_MIGRATION_URL_FILE']),
    );
    expect(container.env.map(({ name }) => name)).not.toContain('AUTH_DATABASE_MIGRATION_URL_FILE');
    expect(JSON.stringify(pod)).not.toContain('auth-migration-secrets');
  });

  it('limits the heap to less than the memory of its container', () => {
    for (const { env, resources } of [container, ofKind('Job').spec.template.spec.containers[0]]) {
      const heap = /--max-old-space-size=(\d+)/.exec(
        env.find(({ name }) => name === 'NODE_OPTIONS')!.value,
      )?.[1];
      const memory = Number(/^(\d+)Mi$/.exec(resources.limits.memory)?.[1]);
      expect(Number(heap) / memory).toBeLessThan(0.8);
      expect(Number(heap) / memory).toBeGreaterThan(0.5);
    }
  });

  it('gives settings with which the service starts in production', () => {
    const { NODE_OPTIONS: _options, ...settings } = variables;
    const files = Object.keys(settings).filter((name) => name.endsWith('_FILE'));
    const names = Object.keys(settings).map((name) => name.replace(/_FILE$/, ''));
    const shown = Object.entries(settings).filter(([name]) => !files.includes(name));
    expectProductionConfiguration(names, Object.fromEntries(shown));
  });

  it('sends requests and probes to the port of the service', () => {
    const metricsPort = Number(variables.AUTH_METRICS_PORT);
    expect(container.ports).toEqual([
      { name: 'http', containerPort: PORT },
      { name: 'metrics', containerPort: metricsPort },
    ]);
    expect(ofKind('Service').spec.ports).toEqual([expect.objectContaining({ targetPort: 'http' })]);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(probe.httpGet.port).toBe('http');
    }
  });

  it('selects its own pods, and lets the budget keep the service alive', () => {
    const { labels } = deployment.template.metadata;
    const budget = ofKind('PodDisruptionBudget').spec;
    expect(deployment.selector).toEqual({ matchLabels: labels });
    expect(budget.selector).toEqual({ matchLabels: labels });
    expect(ofKind('Service').spec.selector).toEqual(labels);
    const scaler = ofKind('HorizontalPodAutoscaler').spec;
    expect(scaler.scaleTargetRef).toMatchObject({
      kind: 'Deployment',
      name: ofKind('Deployment').metadata.name,
    });
    expect(scaler.minReplicas).toBe(3);
    expect(budget.minAvailable).toBeLessThan(scaler.minReplicas);
    expect(ofKind('NetworkPolicy').spec.podSelector).toEqual({ matchLabels: labels });
  });

  it('waits longer for the end of a pod than the service takes to stop', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(stopLimit(variables));
  });

  it('runs as the user of the image, without rights and without writing', () => {
    expect(dockerfile).toContain(
      `\nUSER ${String(pod.securityContext.runAsUser)}:${String(pod.securityContext.runAsGroup)}\n`,
    );
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});

describe('deploy/ecs/task-definition.json', () => {
  const [container] = (JSON.parse(read('deploy/ecs/task-definition.json')) as TaskDefinition)
    .containerDefinitions;
  const variables = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));

  it('gives settings with which the service starts in production', () => {
    const { NODE_OPTIONS: heap = '', ...settings } = variables;
    expect(heap).toMatch(/^--max-old-space-size=\d+$/);
    const names = [...Object.keys(settings), ...container.secrets.map(({ name }) => name)];
    expectProductionConfiguration(names, settings);
    expect(container.portMappings).toEqual([expect.objectContaining({ containerPort: PORT })]);
  });

  it('waits longer for the end of a task than the service takes to stop', () => {
    expect(container.stopTimeout).toBeGreaterThan(stopLimit(variables));
  });

  it('asks for health as the image does, and runs as its user', () => {
    const { command } = container.healthCheck;
    expect(dockerfile).toContain(`CMD ${JSON.stringify(command.slice(1)).replaceAll('","', '", "')}\n`);
    expect(dockerfile).toContain(`\nUSER ${container.user}\n`);
  });
});

describe('compose.yaml', () => {
  const { services, volumes, secrets } = parse(read('compose.yaml')) as ComposeFile;
  const { auth, db } = services;
  const variables = Object.fromEntries(
    Object.entries(auth.environment).map(([name, value]) => [name, withDefaults(value)]),
  );

  /** `${NAME:-value}` as Compose reads it when NAME is not set. */
  function withDefaults(value: string): string {
    return value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
  }

  it('gives settings with which the service starts, believing the developer’s headers', () => {
    expect(KNOWN_NAMES).toEqual(expect.arrayContaining(Object.keys(variables)));
    const { development, warnings, database } = loadConfiguration(variables);
    expect(development.devHeaders).toBe(true);
    expect(warnings).toEqual([
      'AUTH_JWT_SECRET_KEY is a known example or easy to guess; production refuses it',
    ]);
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = db.environment;
    expect(database.url).toBe(`postgresql://${POSTGRES_USER}:${POSTGRES_PASSWORD}@db:5432/${POSTGRES_DB}`);
  });

  it('gives settings that production refuses', () => {
    expect(() => loadConfiguration({ ...variables, NODE_ENV: 'production' })).toThrow(
      /AUTH_ALLOW_DEV_HEADERS[^]*AUTH_JWT_SECRET_KEY/,
    );
  });

  it('publishes the API on 8001 and PostgreSQL on 5433, to this machine only', () => {
    expect(auth.ports).toEqual([`127.0.0.1:8001:${PORT}`]);
    expect(db.ports).toEqual(['127.0.0.1:5433:5432']);
  });

  it('builds the image of the Dockerfile, and starts it when the database is healthy', () => {
    expect(existsSync(join(ROOT, auth.build?.dockerfile ?? ''))).toBe(true);
    expect(auth.depends_on).toEqual({ db: { condition: 'service_healthy' } });
    expect(db.healthcheck).toBeDefined();
    expect(Object.keys(volumes)).toEqual(db.volumes?.map((volume) => volume.split(':')[0]));
  });

  it('has a profile for production: secrets from files, another role for the migrations', () => {
    const { 'auth-production': service, 'migrate-production': migrate } = services;
    for (const each of [service, migrate]) {
      expect(each.profiles).toEqual(['production']);
      const files = Object.entries(each.environment).filter(([name]) => name.endsWith('_FILE'));
      expect(files.map(([, path]) => path)).toEqual(each.secrets?.map((name) => `/run/secrets/${name}`));
      expect(Object.keys(secrets)).toEqual(expect.arrayContaining(each.secrets ?? []));
    }
    const { NODE_OPTIONS: _heap, ...environment } = service.environment;
    const plain = Object.entries(environment).filter(([name]) => !name.endsWith('_FILE'));
    expectProductionConfiguration(
      Object.keys(environment).map((name) => name.replace(/_FILE$/, '')),
      Object.fromEntries(plain.map(([name, value]) => [name, withDefaults(value)])),
    );
    expect(service.depends_on).toEqual({
      'migrate-production': { condition: 'service_completed_successfully' },
    });
    expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(
      stopLimit(service.environment),
    );
  });

  it('waits longer for the end of the service than it takes to stop', () => {
    expect(Number.parseInt(auth.stop_grace_period ?? '', 10)).toBeGreaterThan(stopLimit(variables));
  });
});

describe('the probes of the image and of Kubernetes', () => {
  let service: Service;
  beforeAll(async () => {
    // Nothing listens on port 1: the probes must answer all the same.
    service = await startService({ databaseUrl: 'postgresql://127.0.0.1:1/none', until: 'listening' });
  });
  afterAll(() => service.stop());

  it('ask for the port and the paths that the service has', async () => {
    const [{ startupProbe, livenessProbe, readinessProbe }] =
      ofKind('Deployment').spec.template.spec.containers;
    const status = async ({ httpGet }: Probe) => (await fetch(service.url + httpGet.path)).status;
    expect(dockerfile).toContain(`\nEXPOSE ${PORT}\n`);
    expect(dockerfile).toContain(`}${livenessProbe.httpGet.path}\``);
    expect(await status(startupProbe)).toBe(200);
    expect(await status(livenessProbe)).toBe(200);
    expect(await status(readinessProbe)).toBe(503);
  });
});
