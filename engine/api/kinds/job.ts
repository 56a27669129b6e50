import { type FieldError, immutable, unsupported } from '../field-error.ts'
import { deepEqual, isObject } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { kind } from './define.ts'
import { LABEL_SELECTOR } from './label-selector.ts'
import { POD_TEMPLATE } from './pod-spec.ts'
import { any, bool, int, object, string, unmodelled } from './schema.ts'

export const job = kind({
  kind: 'Job',
  group: 'batch',
  doc: 'Runs pods until enough of them ended well.',
  fields: {
    spec: object(
      'JobSpec',
      'What should run to its end.',
      {
        parallelism: int('How many pods run at once.', { min: 0, default: 1 }),
        completions: int('How many must end well.', {
          min: 0,
          default: ({ parallelism }: { parallelism?: number }) =>
            parallelism === undefined || parallelism === 1 ? 1 : undefined,
        }),
        backoffLimit: int('How many failures are borne.', { min: 0, default: 6 }),
        activeDeadlineSeconds: unmodelled(int('The longest that the job may run.', { min: 1 })),
        ttlSecondsAfterFinished: unmodelled(int('After how long it is removed.', { min: 0 })),
        completionMode: string('Whether each completion has a number.', {
          values: ['NonIndexed', 'Indexed'],
          default: 'NonIndexed',
        }),
        suspend: bool('No pods for now.', { default: false }),
        manualSelector: bool('You choose the selector yourself.'),
        selector: { ...LABEL_SELECTOR, doc: 'Made by the server, unless manualSelector is set.' },
        template: { ...POD_TEMPLATE, required: true },
        podReplacementPolicy: unmodelled(string('When failed pods are replaced.', { default: 'TerminatingOrFailed' })),
        podFailurePolicy: unmodelled(any('What a failure means.')),
        successPolicy: unmodelled(any('When it is enough.')),
        backoffLimitPerIndex: unmodelled(int('Failures borne per number.')),
        maxFailedIndexes: unmodelled(int('How many numbers may fail.')),
        managedBy: unmodelled(string('Which controller runs it.')),
      },
      { required: true },
    ),
    status: any('What the controller found.'),
  },
  prepare: (object) => withSelector(object),
  validate: ({ spec }) => {
    const policy = spec?.template?.spec?.restartPolicy
    return policy === 'Always' ? [unsupported('spec.template.spec.restartPolicy', policy, ['OnFailure', 'Never'])] : []
  },
  validateUpdate: ({ spec }, before) => [
    ...fixed('completions', spec, before.spec),
    ...fixed('selector', spec, before.spec),
    ...fixed('template', spec, before.spec),
    ...fixed('completionMode', spec, before.spec),
  ],
})

function fixed(key: string, spec: KubeObject['spec'], before: KubeObject['spec']): FieldError[] {
  return deepEqual(spec?.[key], before?.[key]) ? [] : [immutable(`spec.${key}`, spec?.[key] ?? null)]
}

/** Models pkg/registry/batch/job/strategy.go generateSelector: the pods carry the job's uid under the new and the old key. */
function withSelector(object: KubeObject): KubeObject {
  const { spec, metadata } = object
  if (!isObject(spec?.template) || spec.manualSelector === true || !metadata.uid) return object
  const labels: Record<string, string> = {
    'batch.kubernetes.io/controller-uid': metadata.uid,
    'batch.kubernetes.io/job-name': metadata.name,
    'controller-uid': metadata.uid,
    'job-name': metadata.name,
  }
  const had = spec.template.metadata?.labels ?? {}
  if (spec.selector && Object.keys(labels).every((key) => had[key] === labels[key])) return object
  const template = { ...spec.template, metadata: { ...spec.template.metadata, labels: { ...had, ...labels } } }
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid } }
  return { ...object, spec: { ...spec, selector, template } }
}
