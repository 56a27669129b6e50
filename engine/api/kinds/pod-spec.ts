import { duplicate, type FieldError, invalid } from '../field-error.ts'
import { CONTAINER } from './container.ts'
import { ANNOTATIONS, LABELS } from './meta.ts'
import { any, bool, int, list, map, object, type ObjectSchema, quantity, string, unmodelled } from './schema.ts'

const toleration = object('Toleration', 'Taints that the pod does not mind.', {
  key: string('Key of the taint; absent means every taint.'),
  operator: string('How key and value are compared.', { values: ['Exists', 'Equal', 'Gt', 'Lt'] }),
  value: string('Value of the taint, for Equal.'),
  effect: string('Effect of the taint; absent means every effect.', {
    values: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
  }),
  tolerationSeconds: int('For NoExecute: how long the pod may stay.'),
})

const mode = (doc: string) => int(doc, { default: 420 })
const keys = list('Which keys become which files.', any('Key and path.'))
const volume = object('Volume', 'Storage that containers of the pod may mount.', {
  name: string('Name, unique in the pod.', { required: true, format: 'dns-label' }),
  emptyDir: object('EmptyDirVolumeSource', 'An empty directory that lives as long as the pod.', {
    medium: string('`Memory` for a tmpfs.'),
    sizeLimit: quantity('The most it may hold.'),
  }),
  configMap: object('ConfigMapVolumeSource', 'Files from a ConfigMap.', {
    name: string('The ConfigMap.', { refersTo: 'ConfigMap' }),
    items: keys,
    defaultMode: mode('Permissions of the files.'),
    optional: bool('The pod starts even if it is absent.'),
  }),
  secret: object('SecretVolumeSource', 'Files from a Secret.', {
    secretName: string('The Secret.', { refersTo: 'Secret' }),
    items: keys,
    defaultMode: mode('Permissions of the files.'),
    optional: bool('The pod starts even if it is absent.'),
  }),
  hostPath: object('HostPathVolumeSource', 'A path of the node.', {
    path: string('The path.', { required: true }),
    type: string('What must be there.', { default: '' }),
  }),
  projected: object('ProjectedVolumeSource', 'Several sources in one directory.', {
    sources: any('The sources.'),
    defaultMode: mode('Permissions of the files.'),
  }),
  downwardAPI: object('DownwardAPIVolumeSource', 'Fields of the pod as files.', {
    items: any('The fields.'),
    defaultMode: mode('Permissions of the files.'),
  }),
  persistentVolumeClaim: object('PersistentVolumeClaimVolumeSource', 'A claimed volume.', {
    claimName: string('The claim.', { required: true }),
    readOnly: bool('Without write access.'),
  }),
  ...Object.fromEntries(
    [
      'csi',
      'ephemeral',
      'nfs',
      'image',
      'iscsi',
      'fc',
      'gcePersistentDisk',
      'awsElasticBlockStore',
      'azureDisk',
      'azureFile',
      'cephfs',
      'cinder',
      'flexVolume',
      'glusterfs',
      'rbd',
    ].map((source) => [source, any(`A ${source} volume.`)] as const),
  ),
})

const hostAlias = object('HostAlias', 'A line of the pod’s /etc/hosts.', {
  ip: string('The address.', { required: true, format: 'ip' }),
  hostnames: list('Names of it.', string('A name.')),
})

const dnsConfig = object('PodDNSConfig', 'Added to what dnsPolicy gives.', {
  nameservers: list('DNS servers.', string('Address.', { format: 'ip' })),
  searches: list('Search domains.', string('Domain.')),
  options: list(
    'Options of resolv.conf.',
    object('PodDNSConfigOption', 'An option.', { name: string('For example `ndots`.'), value: string('Its value.') }),
  ),
})

const neighbours = (name: string, doc: string) =>
  object(name, doc, {
    requiredDuringSchedulingIgnoredDuringExecution: any('Must hold when the pod is placed.'),
    preferredDuringSchedulingIgnoredDuringExecution: unmodelled(any('Better so, but not a must.')),
  })

export const POD_SPEC: ObjectSchema = object(
  'PodSpec',
  'What runs in the pod, and where it may run.',
  {
    containers: list('Containers that run side by side in one network namespace.', CONTAINER, {
      required: true,
      unique: ['name'],
    }),
    initContainers: list('Containers that run one after the other before the others start.', CONTAINER, {
      unique: ['name'],
    }),
    ephemeralContainers: unmodelled(any('Containers that were added for debugging.')),
    restartPolicy: string('When ended containers are started again.', {
      values: ['Always', 'OnFailure', 'Never'],
      default: 'Always',
    }),
    terminationGracePeriodSeconds: int('Seconds between the signal to end and the kill.', { min: 0, default: 30 }),
    activeDeadlineSeconds: unmodelled(int('The longest that the pod may run.', { min: 1 })),
    dnsPolicy: string('Where the pod’s resolv.conf comes from.', {
      values: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
      default: 'ClusterFirst',
    }),
    dnsConfig,
    nodeSelector: map('Labels that the node must have.', string('Value of the label.'), { holds: 'labels' }),
    nodeName: string('The node: set by the scheduler, or by you to go round it.', { refersTo: 'Node' }),
    serviceAccountName: string('The account under which the pod talks to the API.', { refersTo: 'ServiceAccount' }),
    serviceAccount: string('Old name of serviceAccountName.'),
    automountServiceAccountToken: bool('Whether the account’s token appears in the pod.'),
    hostNetwork: bool('The pod shares the node’s network namespace: its addresses, routes and ports.'),
    hostPID: unmodelled(bool('The pod sees the node’s processes.')),
    hostIPC: unmodelled(bool('The pod shares the node’s IPC.')),
    hostUsers: unmodelled(bool('The pod shares the node’s users.')),
    shareProcessNamespace: unmodelled(bool('Containers see each other’s processes.')),
    securityContext: unmodelled(any('User, sysctls and the like, for all containers.', { default: {} })),
    imagePullSecrets: list('Secrets for fetching images.', any('Name of a Secret.')),
    hostname: string('Host name inside the pod; with subdomain also a DNS name.', { format: 'dns-label' }),
    subdomain: string('With a headless Service of this name: hostname.subdomain.namespace.svc resolves.', {
      format: 'dns-label',
    }),
    setHostnameAsFQDN: bool('The host name is the full DNS name.'),
    hostnameOverride: string('Host name inside the pod, without a DNS name.'),
    affinity: object('Affinity', 'Which nodes and neighbours the pod prefers.', {
      nodeAffinity: any('Which nodes, by their labels.'),
      podAffinity: neighbours('PodAffinity', 'Near which pods.'),
      podAntiAffinity: neighbours('PodAntiAffinity', 'Far from which pods.'),
    }),
    schedulerName: string('Which scheduler places the pod.', { default: 'default-scheduler' }),
    tolerations: list('Taints that the pod does not mind.', toleration),
    hostAliases: list('Lines of the pod’s /etc/hosts.', hostAlias),
    priorityClassName: string('How important the pod is.'),
    priority: int('The same as a number.'),
    preemptionPolicy: string('Whether it may push others out.', { values: ['PreemptLowerPriority', 'Never'] }),
    readinessGates: list('Further conditions for being ready.', any('Name of a condition.')),
    runtimeClassName: unmodelled(string('How containers are run.')),
    enableServiceLinks: unmodelled(bool('Whether Services appear as environment variables.')),
    overhead: any('What the sandbox itself uses.'),
    topologySpreadConstraints: any('How pods spread over zones and nodes.'),
    os: any('Operating system of the containers.'),
    schedulingGates: any('Reasons not to place the pod yet.'),
    resourceClaims: unmodelled(any('Devices.')),
    resources: unmodelled(any('Resources of the pod as a whole.')),
    volumes: unmodelled(list('Storage that containers may mount.', volume, { unique: ['name'] })),
    workloadRef: unmodelled(any('A group of pods that are placed together.')),
  },
  { check: checkPodSpec },
)

/** Metadata of a template: what its pods are born with. */
const TEMPLATE_META = object('ObjectMeta', 'Labels and annotations of the pods.', {
  name: string('Not used.'),
  generateName: string('Not used.'),
  namespace: string('Not used: pods live where their owner lives.'),
  labels: LABELS,
  annotations: ANNOTATIONS,
  creationTimestamp: any('Not used.'),
  finalizers: any('Finalizers of the pods.'),
  ownerReferences: any('Not used.'),
})

export const POD_TEMPLATE = object('PodTemplateSpec', 'The pod that is made again and again.', {
  metadata: TEMPLATE_META,
  spec: { ...POD_SPEC, required: true },
})

/** The same for a StatefulSet, whose claims become volumes of the pods later, so that mounts cannot be checked here. */
export const CLAIMING_POD_TEMPLATE = object('PodTemplateSpec', 'The pod that is made again and again.', {
  metadata: TEMPLATE_META,
  spec: { ...POD_SPEC, required: true, check: undefined },
})

/** Models pkg/apis/core/validation ValidatePodSpec, as far as rules between fields go. */
function checkPodSpec(spec: PodSpecValue, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const names = new Set((spec.containers ?? []).map((container) => container.name))
  for (const [i, { name }] of (spec.initContainers ?? []).entries()) {
    if (names.has(name)) errors.push(duplicate(`${path}.initContainers[${i}].name`, name))
  }
  const volumes = new Set((spec.volumes ?? []).map((each) => each.name))
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      if (volumes.has(mount.name) || mount.name === undefined) continue
      errors.push({
        type: 'not-found',
        field: `${path}.containers[${i}].volumeMounts[${j}].name`,
        message: `Not found: "${mount.name}"`,
      })
    }
    if (!spec.hostNetwork) continue
    for (const [j, port] of (container.ports ?? []).entries()) {
      if (port.hostPort !== undefined && port.hostPort !== port.containerPort) {
        errors.push(
          invalid(
            `${path}.containers[${i}].ports[${j}].containerPort`,
            port.containerPort,
            'must match `hostPort` when `hostNetwork` is true',
          ),
        )
      }
    }
  }
  if (spec.dnsPolicy === 'None' && (spec.dnsConfig?.nameservers ?? []).length === 0) {
    errors.push({
      type: 'required',
      field: `${path}.dnsConfig.nameservers`,
      message: 'Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
    })
  }
  return errors
}

interface PodSpecValue {
  readonly containers?: readonly {
    readonly name?: string
    readonly ports?: readonly { readonly hostPort?: number; readonly containerPort?: number }[]
    readonly volumeMounts?: readonly { readonly name?: string }[]
  }[]
  readonly initContainers?: readonly { readonly name?: string }[]
  readonly volumes?: readonly { readonly name?: string }[]
  readonly hostNetwork?: boolean
  readonly dnsPolicy?: string
  readonly dnsConfig?: { readonly nameservers?: readonly string[] }
}
