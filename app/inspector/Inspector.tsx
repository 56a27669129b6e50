import { X } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { KubeObject, ObjectRow, ShownLine } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { CauseChips } from '../ui/HopCard.tsx'
import { rowsOfWalk } from './used-rows.ts'
import './Inspector.css'

/** The tools a host and a pod answer to, as tabs. */
const COMMANDS = [
  'ip addr',
  'ip route',
  'ip neigh',
  'bridge fdb show',
  'iptables-save',
  'conntrack -L',
  'ip -d link',
  'ip rule',
  'ss -ltnup',
  'sysctl -a',
]

export function Inspector() {
  const { selection, closeInspector } = useInterface()
  return (
    <section className="inspector" aria-label="Inspector">
      <header className="inspector-head">
        <h2>{selection ? titleOf(selection) : 'Nothing selected'}</h2>
        <button
          type="button"
          className="button icon"
          aria-label="Close (Esc)"
          title="Close (Esc)"
          onClick={closeInspector}
        >
          <X size={16} aria-hidden />
        </button>
      </header>
      {selection?.kind === 'host' && <Tables where={{ node: selection.id }} />}
      {selection?.kind === 'pod' && <PodView namespace={selection.namespace} name={selection.name} />}
      {selection?.kind === 'object' && <ObjectView id={selection.id} />}
    </section>
  )
}

function titleOf(selection: NonNullable<ReturnType<typeof useInterface.getState>['selection']>): string {
  if (selection.kind === 'host') return selection.id
  if (selection.kind === 'pod') return `pod ${selection.namespace}/${selection.name}`
  return selection.id.replace(/\/+/g, ' ')
}

function PodView({ namespace, name }: { namespace: string; name: string }) {
  const { mirror, version } = useSimulation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mirror is the same object; `version` says that it changed
  const row = useMemo(() => mirror.get('object', `Pod/${namespace}/${name}`), [mirror, version, namespace, name])
  if (!row) return <p className="inspector-note">This pod does not exist at this moment.</p>
  const { spec, status } = row.object
  return (
    <>
      <Summary
        row={row}
        facts={[
          ['phase', status?.phase],
          ['pod IP', status?.podIP],
          ['node', spec?.nodeName],
          ['containers', containerList(row.object)],
        ]}
      />
      <Tables where={{ pod: `${namespace}/${name}` }} />
    </>
  )
}

function containerList(pod: KubeObject): string {
  return (pod.spec?.containers ?? [])
    .map((container: { name: string; image: string }) => `${container.name} (${container.image})`)
    .join(', ')
}

function ObjectView({ id }: { id: string }) {
  const { mirror, version } = useSimulation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const row = useMemo(() => mirror.get('object', id), [mirror, version, id])
  if (!row) return <p className="inspector-note">This object does not exist at this moment.</p>
  return (
    <>
      <Summary
        row={row}
        facts={[
          ['kind', row.object.kind],
          ['uid', row.object.metadata.uid],
          ['resourceVersion', String(row.resourceVersion)],
        ]}
      />
      <pre className="inspector-json mono">{JSON.stringify(row.object, null, 2)}</pre>
    </>
  )
}

function Summary({ row, facts }: { row: ObjectRow; facts: readonly (readonly [string, string | undefined])[] }) {
  const owner = row.object.metadata.ownerReferences?.[0]
  const select = useInterface((state) => state.select)
  return (
    <dl className="inspector-facts">
      {facts.map(
        ([label, value]) =>
          value && (
            <div key={label}>
              <dt className="label">{label}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ),
      )}
      {owner && (
        <div>
          <dt className="label">owned by</dt>
          <dd>
            <button
              type="button"
              className="link"
              onClick={() => select({ kind: 'object', id: `${owner.kind}/${row.namespace}/${owner.name}` })}
            >
              {owner.kind} {owner.name}
            </button>
          </dd>
        </div>
      )}
    </dl>
  )
}

/** What a tool prints there, at this moment, line by line with the row behind each. */
function Tables({ where }: { where: { node?: string; pod?: string } }) {
  const { show, moment, version } = useSimulation()
  const [command, setCommand] = useState(COMMANDS[0])
  const [shown, setShown] = useState<{ lines: readonly ShownLine[]; stderr: string }>({ lines: [], stderr: '' })
  const { beats, commits, posed, playhead } = useSimulation()
  const used = useMemo(() => rowsOfWalk(beats, commits, posed, playhead), [beats, commits, posed, playhead])
  const [picked, setPicked] = useState<number | null>(null)
  const place = where.node ?? where.pod
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again when the world has moved
  useEffect(() => {
    let current = true
    show(where, command).then((update) => {
      if (current && update.type === 'shown') setShown({ lines: update.lines, stderr: update.stderr })
    })
    return () => {
      current = false
    }
  }, [place, command, moment, version])
  return (
    <>
      <div className="inspector-commands" role="tablist" aria-label="Tables">
        {COMMANDS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={name === command}
            className="inspector-command mono"
            onClick={() => {
              setCommand(name)
              setPicked(null)
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <p className="inspector-copy">
        <button
          type="button"
          className="link"
          onClick={() => navigator.clipboard?.writeText(shown.lines.map((line) => line.text).join('\n'))}
        >
          copy as text
        </button>
        <span className="label">{used.size > 0 ? 'A bar marks rows that this packet met.' : ''}</span>
      </p>
      {shown.stderr && <p className="inspector-note mono">{shown.stderr}</p>}
      {shown.lines.length === 0 && !shown.stderr && <p className="inspector-note">The tool prints nothing here.</p>}
      <ol className="inspector-lines">
        {shown.lines.map((line, index) => {
          const met = line.table !== undefined && used.has(keyOf(line))
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: output lines have no other identity
            <li key={index} className={met ? 'line met' : 'line'}>
              <button
                type="button"
                className="line-text mono"
                aria-expanded={picked === index}
                onClick={() => setPicked(picked === index ? null : index)}
              >
                {met && <span className="visually-hidden">met by this packet: </span>}
                {line.text || ' '}
              </button>
              {picked === index && (line.owner || line.cause) && (
                <div className="line-author">
                  <p className="label">written by {line.owner ?? 'the kernel'}</p>
                  {line.cause && <CauseChips cause={line.cause} />}
                </div>
              )}
              {picked === index && !line.owner && !line.cause && (
                <p className="line-author label">written by the kernel itself</p>
              )}
            </li>
          )
        })}
      </ol>
    </>
  )
}

function keyOf(line: ShownLine): string {
  return line.rule === undefined ? `${line.table}\n${line.rowId}` : `${line.table}\n${line.rowId}\n${line.rule}`
}
