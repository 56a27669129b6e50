import { any, bool, int, list, map, object, string } from './schema.ts'

const ownerReference = object('OwnerReference', 'The object that this one belongs to; it is deleted with its owner.', {
  apiVersion: string('API version of the owner.', { required: true }),
  kind: string('Kind of the owner.', { required: true }),
  name: string('Name of the owner.', { required: true }),
  uid: string('UID of the owner: an owner of the same name that was made anew is another one.', { required: true }),
  controller: bool('True for the one owner that manages this object.'),
  blockOwnerDeletion: bool('Foreground deletion of the owner waits for this object.'),
})

/** Labels, as on every object. */
export const LABELS = map('Keys and values that selectors match.', string('Value of the label.'), { holds: 'labels' })
export const ANNOTATIONS = map('Notes for tools and people; selectors do not see them.', string('Any text.'), {
  holds: 'annotations',
})

const fields = {
  name: string('Name, unique in its namespace for its kind.'),
  generateName: string('Prefix to which the server adds five characters, if no name is given.'),
  namespace: string('Namespace; `default` if none is given.', { refersTo: 'Namespace' }),
  labels: LABELS,
  annotations: ANNOTATIONS,
  ownerReferences: list('Objects that this one belongs to.', ownerReference),
  finalizers: list('Who must let go before the object is really deleted.', string('Name of a finalizer.')),
  uid: string('Set by the server. A given one is kept.'),
  resourceVersion: string('Set by the server: rises with every write.'),
  generation: int('Set by the server: counts changes of the desired state.'),
  creationTimestamp: string('Set by the server.'),
  deletionTimestamp: string('Set by the server when deletion begins.'),
  deletionGracePeriodSeconds: int('Set by the server when deletion begins.'),
  managedFields: any('Who set which field. Kept, not used.'),
  selfLink: string('Kept, not used.'),
}

export const OBJECT_META = object('ObjectMeta', 'Name, labels and what the server keeps about the object.', fields)
