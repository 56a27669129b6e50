import { Component, type ReactNode } from 'react'

/** Our own failure in drawing: says so, and that the text is safe, instead of an empty page. */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly message: string | null }> {
  override state = { message: null }

  static getDerivedStateFromError(error: unknown): { message: string } {
    return { message: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    if (this.state.message === null) return this.props.children
    return (
      <main className="failed" role="alert">
        <h1>Podwalk could not draw this</h1>
        <p>Your manifests are kept in this browser. What went wrong: {this.state.message}</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Load the page again
        </button>
      </main>
    )
  }
}
