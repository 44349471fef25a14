import { useLayoutEffect, useState, type RefObject } from 'react'

/** Pixels from the top of what `scrollerId` scrolls to the element, kept right while anything above it grows or shrinks. */
export const useTopWithin = (element: RefObject<HTMLElement | null>, scrollerId: string): number => {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const scroller = document.getElementById(scrollerId)
    const content = scroller?.firstElementChild
    if (!scroller || !content) return
    const measure = (): void => {
      if (!element.current) return
      setTop(Math.round(element.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(content)
    for (const child of content.children) observer.observe(child)
    return () => observer.disconnect()
  }, [element, scrollerId])
  return top
}
