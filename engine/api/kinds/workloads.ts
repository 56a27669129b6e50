import { type FieldError, forbidden, immutable, invalid, unsupported } from '../field-error.ts'
import { deepEqual, isObject } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { kind } from './define.ts'
import { checkTemplateSelector, LABEL_SELECTOR } from './label-selector.ts'
import { CLAIMING_POD_TEMPLATE, POD_TEMPLATE } from './pod-spec.ts'
import { any, bool, int, intOrString, list, map, object, string, unmodelled } from './schema.ts'

const template = { ...POD_TEMPLATE, required: true }
const selector = { ...LABEL_SELECTOR, required: true, doc: 'Which pods belong to this object. It can never change.' }
const replicas = int('How many pods there should be.', { min: 0, default: 1 })
const minReadySeconds = int('How long a pod must be ready before it counts as available.', { min: 0 })
const status = any('What the controller found.')

const rolling = (doc: string, fallback: unknown) => intOrString(doc, { format: 'int-or-percent', default: fallback })

export const deployment = kind({
  kind: 'Deployment',
  group: 'apps',
  shortNames: ['deploy'],
  doc: 'Keeps a number of equal pods running, and replaces them step by step when the template changes.',
  fields: {
    spec: object(
      'DeploymentSpec',
      'What should run.',
      {
        replicas,
        selector,
        template,
        strategy: object(
          'DeploymentStrategy',
          'How old pods make way for new ones.',
          {
            type: string('All at once, or step by step.', {
              values: ['Recreate', 'RollingUpdate'],
              default: 'RollingUpdate',
            }),
            rollingUpdate: object(
              'RollingUpdateDeployment',
              'How big the steps are.',
              {
                maxUnavailable: rolling('How many pods may be missing meanwhile.', '25%'),
                maxSurge: rolling('How many pods there may be too many meanwhile.', '25%'),
              },
              { default: ({ type }: { type?: string }) => (type === 'RollingUpdate' ? {} : undefined) },
            ),
          },
          { default: {}, check: checkStrategy },
        ),
        minReadySeconds,
        revisionHistoryLimit: int('How many old ReplicaSets are kept.', { min: 0, default: 10 }),
        paused: bool('Changes of the template wait.'),
        progressDeadlineSeconds: int('After how long a rollout that goes nowhere is called failed.', {
          min: 0,
          default: 600,
        }),
      },
      { required: true },
    ),
    status,
  },
  prepare: selectorOfOldVersions,
  validate: ({ spec }) => [...checkTemplateSelector(spec ?? {}, 'deployment'), ...alwaysRestarts(spec)],
  validateUpdate: sameSelector,
})

function checkStrategy(
  strategy: { type?: string; rollingUpdate?: { maxSurge?: unknown; maxUnavailable?: unknown } },
  path: string,
): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate' && rollingUpdate) {
    return [forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
  }
  const none = (value: unknown) => value === 0 || value === '0%'
  if (none(rollingUpdate?.maxSurge) && none(rollingUpdate?.maxUnavailable)) {
    return [
      invalid(
        `${path}.rollingUpdate.maxUnavailable`,
        rollingUpdate?.maxUnavailable,
        'may not be 0 when `maxSurge` is 0',
      ),
    ]
  }
  return []
}

export const replicaSet = kind({
  kind: 'ReplicaSet',
  group: 'apps',
  shortNames: ['rs'],
  doc: 'Keeps a number of equal pods running. Usually made by a Deployment.',
  fields: {
    spec: object(
      'ReplicaSetSpec',
      'What should run.',
      { replicas, minReadySeconds, selector, template: { ...POD_TEMPLATE } },
      { required: true },
    ),
    status,
  },
  prepare: selectorOfOldVersions,
  validate: ({ spec }) => [...checkTemplateSelector(spec ?? {}, 'replica set'), ...alwaysRestarts(spec)],
  validateUpdate: sameSelector,
})

export const replicationController = kind({
  kind: 'ReplicationController',
  shortNames: ['rc'],
  doc: 'The forerunner of ReplicaSet; its selector is a plain map.',
  fields: {
    spec: object(
      'ReplicationControllerSpec',
      'What should run.',
      {
        replicas,
        minReadySeconds,
        selector: map('Labels of the pods; the template’s own if absent.', string('Value of the label.'), {
          holds: 'selector',
        }),
        template: POD_TEMPLATE,
      },
      { required: true },
    ),
    status,
  },
  prepare: (object) => fromTemplateLabels(object),
  validate: ({ spec }) => {
    const matchLabels = spec?.selector
    if (!isObject(matchLabels) || Object.keys(matchLabels).length === 0)
      return [{ type: 'required', field: 'spec.selector', message: 'Required value' }]
    const wrong = checkTemplateSelector(
      { selector: { matchLabels } as never, template: spec.template },
      'replication controller',
    )
    return [...wrong, ...alwaysRestarts(spec)]
  },
})

/** Models pkg/apis/core/v1/defaults.go SetDefaults_ReplicationController. */
function fromTemplateLabels(object: KubeObject): KubeObject {
  const labels = object.spec?.template?.metadata?.labels
  if (!isObject(labels)) return object
  const noSelector = Object.keys(object.spec.selector ?? {}).length === 0
  const noLabels = Object.keys(object.metadata.labels ?? {}).length === 0
  if (!noSelector && !noLabels) return object
  return {
    ...object,
    ...(noLabels ? { metadata: { ...object.metadata, labels: labels as Record<string, string> } } : {}), // checked as labels
    ...(noSelector ? { spec: { ...object.spec, selector: labels } } : {}),
  }
}

export const statefulSet = kind({
  kind: 'StatefulSet',
  group: 'apps',
  shortNames: ['sts'],
  doc: 'Pods with names that stay: web-0, web-1, each with a DNS name under the governing Service.',
  fields: {
    spec: object(
      'StatefulSetSpec',
      'What should run.',
      {
        replicas,
        selector,
        template: { ...CLAIMING_POD_TEMPLATE, required: true },
        serviceName: string('The headless Service that gives the pods their DNS names.', { refersTo: 'Service' }),
        podManagementPolicy: string('One after the other, or all at once.', {
          values: ['OrderedReady', 'Parallel'],
          default: 'OrderedReady',
        }),
        updateStrategy: object(
          'StatefulSetUpdateStrategy',
          'How pods are replaced.',
          {
            type: string('When pods are replaced.', {
              values: ['RollingUpdate', 'OnDelete'],
              default: 'RollingUpdate',
            }),
            rollingUpdate: object(
              'RollingUpdateStatefulSetStrategy',
              'From which number on.',
              {
                partition: int('Only pods with this number or more are replaced.', { min: 0, default: 0 }),
                maxUnavailable: rolling('How many pods may be missing meanwhile.', undefined),
              },
              { default: ({ type }: { type?: string }) => (type === 'RollingUpdate' ? {} : undefined) },
            ),
          },
          { default: {} },
        ),
        revisionHistoryLimit: int('How many old revisions are kept.', { min: 0, default: 10 }),
        minReadySeconds,
        volumeClaimTemplates: unmodelled(list('A claim for each pod.', any('A PersistentVolumeClaim.'))),
        persistentVolumeClaimRetentionPolicy: unmodelled(
          object(
            'StatefulSetPersistentVolumeClaimRetentionPolicy',
            'What becomes of the claims.',
            {
              whenDeleted: string('When the set is deleted.', { default: 'Retain' }),
              whenScaled: string('When it shrinks.', { default: 'Retain' }),
            },
            { default: {} },
          ),
        ),
        ordinals: object('StatefulSetOrdinals', 'How pods are numbered.', {
          start: int('The first number.', { min: 0 }),
        }),
      },
      { required: true },
    ),
    status,
  },
  prepare: selectorOfOldVersions,
  validate: ({ spec }) => [...checkTemplateSelector(spec ?? {}, 'statefulset'), ...alwaysRestarts(spec)],
  validateUpdate: (object, before) => {
    const may = [
      'replicas',
      'ordinals',
      'template',
      'updateStrategy',
      'revisionHistoryLimit',
      'persistentVolumeClaimRetentionPolicy',
      'minReadySeconds',
    ]
    const changed = Object.keys({ ...object.spec, ...before.spec }).some(
      (key) => !may.includes(key) && !deepEqual(object.spec?.[key], before.spec?.[key]),
    )
    const text =
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    return changed ? [forbidden('spec', text, true)] : []
  },
})

export const daemonSet = kind({
  kind: 'DaemonSet',
  group: 'apps',
  shortNames: ['ds'],
  doc: 'One pod on every node, or on every node that fits.',
  fields: {
    spec: object(
      'DaemonSetSpec',
      'What should run.',
      {
        selector,
        template,
        minReadySeconds,
        updateStrategy: object(
          'DaemonSetUpdateStrategy',
          'How pods are replaced.',
          {
            type: string('When pods are replaced.', {
              values: ['RollingUpdate', 'OnDelete'],
              default: 'RollingUpdate',
            }),
            rollingUpdate: object(
              'RollingUpdateDaemonSet',
              'How big the steps are.',
              {
                maxUnavailable: rolling('How many pods may be missing meanwhile.', 1),
                maxSurge: rolling('How many nodes may have two pods meanwhile.', 0),
              },
              { default: ({ type }: { type?: string }) => (type === 'RollingUpdate' ? {} : undefined) },
            ),
          },
          { default: {} },
        ),
        revisionHistoryLimit: int('How many old revisions are kept.', { min: 0, default: 10 }),
      },
      { required: true },
    ),
    status,
  },
  prepare: selectorOfOldVersions,
  validate: ({ spec }) => [...checkTemplateSelector(spec ?? {}, 'daemonset'), ...alwaysRestarts(spec)],
  validateUpdate: sameSelector,
})

/** extensions/v1beta1 and apps/v1beta1 took the selector from the template's labels. */
function selectorOfOldVersions(object: KubeObject): KubeObject {
  const labels: unknown = object.spec?.template?.metadata?.labels
  if (!['extensions/v1beta1', 'apps/v1beta1'].includes(object.apiVersion) || object.spec?.selector || !isObject(labels))
    return object
  return { ...object, spec: { ...object.spec, selector: { matchLabels: labels } } }
}

function sameSelector({ spec }: KubeObject, before: KubeObject): FieldError[] {
  return deepEqual(spec?.selector, before.spec?.selector) ? [] : [immutable('spec.selector', spec?.selector ?? null)]
}

function alwaysRestarts(spec: { template?: { spec?: { restartPolicy?: string } } } | undefined): FieldError[] {
  const policy = spec?.template?.spec?.restartPolicy
  return policy === undefined || policy === 'Always'
    ? []
    : [unsupported('spec.template.spec.restartPolicy', policy, ['Always'])]
}
