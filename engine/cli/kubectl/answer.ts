/** What kubectl printed. */
export interface KubectlOutput {
  readonly text: string
  readonly stderr: string
  readonly exitCode: number
}

export const success = (text: string): KubectlOutput => ({ text, stderr: '', exitCode: 0 })
export const failure = (message: string): KubectlOutput => ({ text: '', stderr: `${message}\n`, exitCode: 1 })
