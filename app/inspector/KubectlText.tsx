import { useEffect, useState } from 'react'
import { useSim } from '../stores/use-sim.ts'
import { CopyButton } from './CopyButton.tsx'

/** What `kubectl get -o yaml` or `kubectl describe` prints of an object (`Kind/namespace/name`) at this moment. */
export function KubectlText({ id, verb }: { id: string; verb: 'yaml' | 'describe' }) {
  const { inquire, version } = useSim('inquire', 'version')
  const [text, setText] = useState('')
  const args = argsOf(id, verb)
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again when the world has moved
  useEffect(() => {
    let current = true
    inquire({ kubectl: { args: argsOf(id, verb) } }).then((update) => {
      if (!current || update.type !== 'answered') return
      const { kubectl } = update.answer as { kubectl?: { text: string; stderr: string } } // the answer of this ask, `headless.md`
      setText(kubectl ? kubectl.text || kubectl.stderr : '')
    })
    return () => {
      current = false
    }
  }, [id, verb, version, inquire])
  return (
    <>
      <p className="inspector-copy">
        <code>kubectl {args.join(' ')}</code>
        <CopyButton text={text} />
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must be able to reach it */}
      <pre className="inspector-text mono" tabIndex={0}>
        {text}
      </pre>
    </>
  )
}

function argsOf(id: string, verb: 'yaml' | 'describe'): string[] {
  const [kind, namespace, name] = id.split('/')
  const where = namespace ? ['-n', namespace] : []
  return verb === 'yaml' ? ['get', kind, name, ...where, '-o', 'yaml'] : ['describe', kind, name, ...where]
}
