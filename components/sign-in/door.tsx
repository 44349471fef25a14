import { Mark } from '@/components/shell/sidebar'

/** The page before the console: one narrow column in the middle of the screen. */
export function Door({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-5 px-5 pt-8 pb-[18vh]">
      <div>
        <p className="mb-8 flex items-center gap-2 text-sm font-semibold tracking-tight">
          <Mark />
          Tenantry
        </p>
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      </div>
      {children}
    </div>
  )
}
