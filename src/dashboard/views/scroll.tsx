import type { ComponentChildren } from 'preact'

/** What may be wider than its place. It can be reached by keyboard, or a part of it could not be seen without a mouse. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 wants a region that scrolls to take the focus
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
