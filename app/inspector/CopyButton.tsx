import { useState } from 'react'

/** Copies a text; says so. A refused clipboard says that too. */
export function CopyButton({ text }: { text: string }) {
  const [said, setSaid] = useState('copy')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('copied')
    } catch {
      setSaid('refused: select the text instead')
    }
    setTimeout(() => setSaid('copy'), 1_500)
  }
  return (
    <button type="button" className="link" onClick={copy}>
      {said}
    </button>
  )
}
