import type { FieldError } from '../field-error.ts'
import { isObject } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { kind } from './define.ts'
import { any, bool, int, list, map, object, string } from './schema.ts'

export const configMap = kind({
  kind: 'ConfigMap',
  shortNames: ['cm'],
  generation: false,
  doc: 'Text under keys, for pods to read.',
  fields: {
    data: map('Keys and texts.', string('Text.'), { holds: 'data' }),
    binaryData: map('Keys and bytes in base64.', string('Bytes in base64.'), { holds: 'data' }),
    immutable: bool('The data may not change any more.'),
  },
  validateUpdate: unchangedIfImmutable,
})

export const secret = kind({
  kind: 'Secret',
  generation: false,
  doc: 'Like a ConfigMap, for what should not be read by everybody.',
  fields: {
    data: map('Keys and bytes in base64.', string('Bytes in base64.'), { holds: 'data' }),
    stringData: map('Keys and texts; the server turns them into data.', string('Text.'), { holds: 'data' }),
    type: string('What the keys mean.', { default: 'Opaque' }),
    immutable: bool('The data may not change any more.'),
  },
  prepare: (object) => withEncodedData(object),
  validateUpdate: unchangedIfImmutable,
})

function unchangedIfImmutable(object: KubeObject, before: KubeObject): FieldError[] {
  if (before.immutable !== true) return []
  const changed = ['data', 'binaryData'].filter((key) => object[key] !== before[key])
  return changed.map((field) => ({
    type: 'forbidden',
    field,
    message: 'Forbidden: field is immutable when `immutable` is set',
    immutable: true,
  }))
}

/** Models pkg/apis/core/v1/conversion.go: stringData is written only, and read back under data. */
function withEncodedData(object: KubeObject): KubeObject {
  if (!isObject(object.stringData)) return object
  const { stringData, ...rest } = object
  const encoded = Object.entries(stringData).map(([key, text]) => [key, base64(String(text))] as const)
  return { ...rest, data: { ...object.data, ...Object.fromEntries(encoded) } } as unknown as KubeObject // still has its metadata
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** RFC 4648 §4 of the text in UTF-8. */
function base64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  let result = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b = 0, c = 0] = bytes.slice(i, i + 3)
    const bits = (a << 16) | (b << 8) | c
    const chars = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63])
    result += chars
      .slice(0, Math.min(4, bytes.length - i + 1))
      .join('')
      .padEnd(4, '=')
  }
  return result
}

export const serviceAccount = kind({
  kind: 'ServiceAccount',
  shortNames: ['sa'],
  generation: false,
  doc: 'Who a pod is when it talks to the API.',
  fields: {
    secrets: list('Secrets that its pods may use.', any('Reference to a Secret.')),
    imagePullSecrets: list('Secrets for fetching images.', any('Name of a Secret.')),
    automountServiceAccountToken: bool('Whether the token appears in pods.'),
  },
})

export const namespace = kind({
  kind: 'Namespace',
  shortNames: ['ns'],
  namespaced: false,
  generation: false,
  nameFormat: 'dns-label',
  doc: 'A part of the cluster with names of its own. Packets do not notice it.',
  fields: {
    spec: object(
      'NamespaceSpec',
      'Who must let go before it is gone.',
      {
        finalizers: list('Finalizers.', string('Name.'), { default: ['kubernetes'] }),
      },
      { default: {} },
    ),
    status: object(
      'NamespaceStatus',
      'Its phase.',
      { phase: string('Active or Terminating.', { default: 'Active' }), conditions: any('Conditions.') },
      { default: {} },
    ),
  },
  prepare: (object) => {
    const label = 'kubernetes.io/metadata.name'
    const { metadata } = object
    if (metadata.labels?.[label] === metadata.name) return object
    return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, [label]: metadata.name } } }
  },
})

export const node = kind({
  kind: 'Node',
  shortNames: ['no'],
  namespaced: false,
  generation: false,
  doc: 'A machine that runs pods.',
  fields: {
    spec: object(
      'NodeSpec',
      'What the machine is for.',
      {
        podCIDR: string('Range from which its pods get addresses.', { format: 'cidr' }),
        podCIDRs: list('The same for each address family.', string('Range.', { format: 'cidr' })),
        providerID: string('The machine’s name at the cloud.'),
        unschedulable: bool('No new pods.'),
        taints: list(
          'What keeps pods away.',
          object('Taint', 'A taint.', {
            key: string('Its key.', { required: true, format: 'qualified-name' }),
            value: string('Its value.'),
            effect: string('What it does.', {
              required: true,
              values: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
            }),
            timeAdded: string('Since when.'),
          }),
        ),
        configSource: any('No longer used.'),
        externalID: string('No longer used.'),
      },
      { default: {} },
    ),
    status: any('Addresses, capacity and conditions.'),
  },
  prepare: (given, { before }) => {
    const object = keepPodCidr(given, before)
    const { spec } = object
    if (!spec?.podCIDR || spec.podCIDRs !== undefined) return object
    return { ...object, spec: { ...spec, podCIDRs: [spec.podCIDR] } }
  },
  validateUpdate: ({ spec }, before) => {
    const was: unknown = before.spec?.podCIDRs
    if (!Array.isArray(was) || was.length === 0 || JSON.stringify(was) === JSON.stringify(spec?.podCIDRs)) return []
    return [
      {
        type: 'forbidden',
        field: 'spec.podCIDRs',
        message: 'Forbidden: node updates may not change podCIDR except from "" to valid',
        immutable: true,
      },
    ]
  },
})

/** What node IPAM gave a node stays with it, whoever writes the node again. */
function keepPodCidr(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const { podCIDR, podCIDRs } = before?.spec ?? {}
  if (podCIDR === undefined || object.spec?.podCIDR !== undefined) return object
  return { ...object, spec: { ...object.spec, podCIDR, ...(podCIDRs === undefined ? {} : { podCIDRs }) } }
}

const reference = any('The object.')

export const event = kind({
  kind: 'Event',
  shortNames: ['ev'],
  generation: false,
  doc: 'Something that a component has to say about an object.',
  fields: {
    involvedObject: reference,
    regarding: reference,
    related: reference,
    reason: string('In one word.'),
    message: string('In a sentence.'),
    note: string('In a sentence.'),
    type: string('Normal or Warning.'),
    source: any('Component and host.'),
    reportingComponent: string('Component.', { default: '' }),
    reportingInstance: string('Instance.', { default: '' }),
    reportingController: string('Component.'),
    action: string('What was done.'),
    count: int('How often.'),
    firstTimestamp: any('First time.'),
    lastTimestamp: any('Last time.'),
    eventTime: any('Time.'),
    series: any('Repetitions.'),
  },
})

export const lease = kind({
  kind: 'Lease',
  group: 'coordination.k8s.io',
  generation: false,
  doc: 'Who holds something, and since when. A node renews its lease to say that it lives.',
  fields: { spec: any('Holder and times.') },
})
