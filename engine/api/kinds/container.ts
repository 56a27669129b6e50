import { duplicate, type FieldError } from '../field-error.ts'
import { checkHandler, HANDLER_FIELDS, PROBE } from './probe.ts'
import { any, bool, int, list, map, object, quantity, string, unmodelled } from './schema.ts'

const port = object(
  'ContainerPort',
  'A port on which the container listens. Only documentation, unless hostPort is set.',
  {
    name: string('Name by which Services and probes may call the port.', { format: 'port-name' }),
    containerPort: int('The port inside the pod.', { required: true, format: 'port' }),
    hostPort: int('The same port of the node leads here.', { format: 'port' }),
    hostIP: string('Address of the node for hostPort; all of them if absent.'),
    protocol: string('Transport protocol.', { values: ['TCP', 'UDP', 'SCTP'], default: 'TCP' }),
  },
)

const env = object('EnvVar', 'An environment variable.', {
  name: string('Its name.', { required: true }),
  value: string('Its value.'),
  valueFrom: object('EnvVarSource', 'Where the value comes from.', {
    fieldRef: object('ObjectFieldSelector', 'A field of the pod.', {
      apiVersion: string('Version of the path.', { default: 'v1' }),
      fieldPath: string('For example `status.podIP`.', { required: true }),
    }),
    resourceFieldRef: any('A resource of the container.'),
    configMapKeyRef: object('ConfigMapKeySelector', 'A key of a ConfigMap.', {
      name: string('The ConfigMap.', { refersTo: 'ConfigMap' }),
      key: string('The key.', { required: true }),
      optional: bool('The container starts even if it is absent.'),
    }),
    secretKeyRef: object('SecretKeySelector', 'A key of a Secret.', {
      name: string('The Secret.', { refersTo: 'Secret' }),
      key: string('The key.', { required: true }),
      optional: bool('The container starts even if it is absent.'),
    }),
    fileKeyRef: any('A key of a file in a volume.'),
  }),
})

const envFrom = object('EnvFromSource', 'All keys of a ConfigMap or Secret as environment variables.', {
  prefix: string('Put in front of each name.'),
  configMapRef: object('ConfigMapEnvSource', 'A ConfigMap.', {
    name: string('The ConfigMap.', { refersTo: 'ConfigMap' }),
    optional: bool('The container starts even if it is absent.'),
  }),
  secretRef: object('SecretEnvSource', 'A Secret.', {
    name: string('The Secret.', { refersTo: 'Secret' }),
    optional: bool('The container starts even if it is absent.'),
  }),
})

const hook = object('LifecycleHandler', 'What happens at this moment.', {
  ...HANDLER_FIELDS,
  sleep: any('Waits some seconds.'),
})

export const RESOURCES = object('ResourceRequirements', 'What the container asks for and may use.', {
  requests: map('What the scheduler reserves on the node.', quantity('For example `100m` or `128Mi`.')),
  limits: map(
    'The most it may use; also what it asks for, if nothing else is said.',
    quantity('For example `500m` or `256Mi`.'),
  ),
  claims: unmodelled(any('Devices.')),
})

const volumeMount = object('VolumeMount', 'Where a volume appears in the container.', {
  name: string('The volume.', { required: true }),
  mountPath: string('Path in the container.', { required: true }),
  subPath: string('Path within the volume.'),
  subPathExpr: string('The same, with variables.'),
  readOnly: bool('Without write access.'),
  recursiveReadOnly: string('The same for mounts below.'),
  mountPropagation: string('How mounts travel between host and container.'),
})

export const CONTAINER = object(
  'Container',
  'One container of a pod. All containers of a pod share its network namespace.',
  {
    name: string('Name, unique in the pod.', { required: true, format: 'dns-label' }),
    image: string('Image to run; decides what listens, where the playground knows it.', { required: true }),
    command: list('Replaces the image’s entry point.', string('Argument.')),
    args: list('Arguments of the entry point.', string('Argument.')),
    workingDir: string('Directory in which the container starts.'),
    ports: list('Ports on which the container says it listens.', port),
    env: list('Environment variables.', env),
    envFrom: list('ConfigMaps and Secrets as environment variables.', envFrom),
    resources: { ...RESOURCES, default: {} },
    resizePolicy: unmodelled(any('What a change of resources does.')),
    restartPolicy: string('`Always` makes an init container a sidecar.'),
    restartPolicyRules: unmodelled(any('Restart by exit code.')),
    volumeMounts: list('Volumes of the pod that this container sees.', volumeMount),
    volumeDevices: unmodelled(any('Block devices.')),
    livenessProbe: { ...PROBE, doc: 'When it fails, the container is restarted.' },
    readinessProbe: { ...PROBE, doc: 'While it fails, Services send nothing here.' },
    startupProbe: { ...PROBE, doc: 'Until it succeeds, the other probes wait.' },
    lifecycle: object('Lifecycle', 'What happens after the start and before the end.', {
      postStart: unmodelled({ ...hook, check: checkHandlerUnlessSleep }),
      preStop: { ...hook, check: checkHandlerUnlessSleep },
      stopSignal: unmodelled(string('Signal that ends the container.')),
    }),
    terminationMessagePath: string('File whose text becomes the message of the end.', {
      default: '/dev/termination-log',
    }),
    terminationMessagePolicy: string('Where that message comes from.', {
      values: ['File', 'FallbackToLogsOnError'],
      default: 'File',
    }),
    imagePullPolicy: string('When the image is fetched.', {
      values: ['Always', 'IfNotPresent', 'Never'],
      default: ({ image }: { image?: unknown }) => pullPolicyOf(image),
    }),
    securityContext: unmodelled(any('User, capabilities and the like.')),
    stdin: bool('Keeps standard input open.'),
    stdinOnce: bool('Closes it after the first client.'),
    tty: bool('Gives the container a terminal.'),
  },
  { check: checkPorts },
)

function checkHandlerUnlessSleep(handler: Readonly<Record<string, unknown>>, path: string): readonly FieldError[] {
  return handler.sleep === undefined ? checkHandler(handler, path) : []
}

/** Models pkg/apis/core/v1/defaults.go SetDefaults_Container: an image without a tag means `latest`, which is always fetched. */
function pullPolicyOf(image: unknown): string {
  const text = typeof image === 'string' ? image : ''
  if (text.includes('@')) return 'IfNotPresent'
  const tag = /:([^:/]+)$/.exec(text)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function checkPorts(
  container: { readonly ports?: readonly { readonly name?: string }[] },
  path: string,
): readonly FieldError[] {
  const names = (container.ports ?? []).map((port) => port?.name)
  return names.flatMap((name, i) =>
    name && names.indexOf(name) < i ? [duplicate(`${path}.ports[${i}].name`, name)] : [],
  )
}
