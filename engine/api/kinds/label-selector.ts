import { type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { type LabelRequirement, type LabelSelector, type Labels, matches } from '../selector.ts'
import { list, map, object, string } from './schema.ts'

const requirement = object(
  'LabelSelectorRequirement',
  'One condition on one label.',
  {
    key: string('The label.', { required: true, format: 'qualified-name' }),
    operator: string('How the label is compared.', { required: true }),
    values: list('For In and NotIn: the values.', string('A value.')),
  },
  { check: checkRequirement },
)

/** metav1.LabelSelector: all of matchLabels and all of matchExpressions must hold. */
export const LABEL_SELECTOR = object('LabelSelector', 'Which objects belong, by their labels.', {
  matchLabels: map('Labels that must have exactly these values.', string('Value of the label.'), { holds: 'selector' }),
  matchExpressions: list('Further conditions; all must hold.', requirement),
})

/** Models apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabelSelectorRequirement. */
function checkRequirement({ key: _, operator, values = [] }: LabelRequirement, path: string): readonly FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0
        ? [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
        : []
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0
        ? [forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : []
    default:
      return operator === undefined ? [] : [invalid(`${path}.operator`, operator, 'not a valid selector operator')]
  }
}

/** What workloads demand of their selector: present, not empty, and satisfied by the template's labels. */
export function checkTemplateSelector(
  spec: { readonly selector?: LabelSelector; readonly template?: { readonly metadata?: { readonly labels?: Labels } } },
  workload: string,
): readonly FieldError[] {
  const { selector, template } = spec
  if (!selector) return [] // reported as required already
  const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
  if (empty) return [invalid('spec.selector', selector, `empty selector is invalid for ${workload}`)]
  const labels = template?.metadata?.labels ?? {}
  if (!template || matches(selector, labels)) return []
  return [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
}
