import { fitAddress } from '../../view/names.ts'

/** An address that fits its box: cut in the middle if it must be, whole in the title. */
export function Address({
  text,
  width,
  muted,
  title = text,
}: {
  text: string
  width: number
  muted?: boolean
  title?: string
}) {
  const shown = fitAddress(text, width)
  return (
    <span className={`mono map-cut${muted ? ' map-muted' : ''}`} title={shown === title ? undefined : title}>
      {shown}
    </span>
  )
}
