import type { mountPlot } from './mount-plot'

type PlotModule = { readonly mountPlot: typeof mountPlot }

const isKnown = (language: string): boolean => {
  try {
    return Intl.getCanonicalLocales(language).length > 0
  } catch {
    return false
  }
}

/**
 * The plotting library, when there is something to plot. It hands the browser's language to Intl as it is loaded, and a browser that was started under the C
 * locale names one that Intl refuses: for as long as loading takes, such a browser speaks English.
 */
export const loadPlot = async (): Promise<PlotModule> => {
  if (isKnown(navigator.language)) return import('./mount-plot')
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
  try {
    return await import('./mount-plot')
  } finally {
    Reflect.deleteProperty(navigator, 'language')
  }
}
