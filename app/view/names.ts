/** Namespaces whose pods are folded until somebody looks at them. */
const SYSTEM_NAMESPACES = new Set([
  'kube-system',
  'kube-flannel',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
])

export function isSystem(namespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace)
}

/** A pod's name in two: what its owner calls it, and the part that tells it from its siblings. */
export function splitPodName(name: string): { readonly base: string; readonly suffix: string } {
  const parts = /^(.+?)-(?:[0-9a-z]{6,10}-)?([bcdfghjklmnpqrstvwxz2456789]{5})$/.exec(name)
  return parts ? { base: parts[1], suffix: parts[2] } : { base: name, suffix: '' }
}

/** A pod's name without the hash of its template in the middle: `backend-6c9f7d8b4c-k8x2z` as `backend-…k8x2z`. */
export function shortPodName(name: string): string {
  const parts = /^(.+)-[0-9a-f]{6,10}-([a-z0-9]{5})$/.exec(name)
  return parts ? `${parts[1]}-…${parts[2]}` : name
}

/** The start and end of a text that is too long for its place. */
export function middleCut(text: string, longest: number): string {
  if (text.length <= longest) return text
  const tail = Math.floor((longest - 1) / 2)
  return `${text.slice(0, longest - 1 - tail)}…${text.slice(text.length - tail)}`
}
