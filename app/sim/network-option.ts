import type { SourceFile } from '../../engine/index.ts'

/** The networks the picker offers, and how each is written in a Cluster document. */
export const NETWORKS = [
  { id: 'flannel-vxlan', label: 'flannel (VXLAN)', cni: ['name: flannel', 'backend: vxlan'] },
  { id: 'flannel-host-gw', label: 'flannel (host-gw)', cni: ['name: flannel', 'backend: host-gw'] },
  { id: 'kubenet', label: 'kubenet (cloud routes)', cni: ['name: kubenet'] },
] as const

export type NetworkId = (typeof NETWORKS)[number]['id']

const CNI_BLOCK = /^([ ]*)cni:[ ]*(?:\{[^}\n]*\}|#[^\n]*)?[ ]*\n((?:\1[ ]+[^\n]*\n?|[ ]*\n)*)/m

/** Which of them the text asks for; flannel's VXLAN if it says nothing. Undefined: something the picker does not offer. */
export function networkOf(files: readonly SourceFile[]): NetworkId | undefined {
  const text = files.find(isCluster)?.text
  if (text === undefined) return 'flannel-vxlan'
  const block = /\bcni:[ ]*(\{[^}]*\}|(?:\n[ ]+[^\n]*)+)/.exec(text)?.[1] ?? ''
  const name = /\bname:[ ]*["']?([\w-]+)/.exec(block)?.[1] ?? 'flannel'
  const backend = /\bbackend:[ ]*["']?([\w-]+)/.exec(block)?.[1] ?? 'vxlan'
  return NETWORKS.find(({ id }) => id === (name === 'flannel' ? `flannel-${backend}` : name))?.id
}

/** The files with another network: the `cni` block of the Cluster document is rewritten, everything else stays as it is. */
export function withNetwork(files: readonly SourceFile[], id: NetworkId): SourceFile[] {
  const network = NETWORKS.find((candidate) => candidate.id === id)
  const lines = network?.cni ?? []
  const index = files.findIndex(isCluster)
  if (index < 0) return [...files, { name: 'cluster.yaml', text: clusterDocument(lines) }]
  const { name, text } = files[index]
  const block = (indent: string) => `${indent}cni:\n${lines.map((line) => `${indent}  ${line}\n`).join('')}`
  let next: string
  if (CNI_BLOCK.test(text)) next = text.replace(CNI_BLOCK, (_all, indent: string) => block(indent))
  else if (/^[ ]*networking:[ ]*$/m.test(text))
    next = text.replace(/^([ ]*)networking:[ ]*\n/m, (all, indent: string) => `${all}${block(`${indent}  `)}`)
  else next = text.replace(/^spec:[ ]*\n/m, (all) => `${all}  networking:\n${block('    ')}`)
  return files.map((file, i) => (i === index ? { name, text: next } : file))
}

function clusterDocument(cni: readonly string[]): string {
  return `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata:\n  name: playground\nspec:\n  networking:\n    cni:\n${cni.map((line) => `      ${line}\n`).join('')}`
}

function isCluster(file: SourceFile): boolean {
  return /^apiVersion:[ ]*podwalk\.dev\/v1/m.test(file.text) && /^kind:[ ]*Cluster\b/m.test(file.text)
}
