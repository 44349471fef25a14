/** The columns that an onboarding file may have; `slug` alone is needed. Several hosts of one tenant are parted by spaces, labels by semicolons. */
export const onboardingColumns = ['slug', 'name', 'hosts', 'labels', 'database', 'schema', 'baseline'] as const

/** What the download of an empty file holds: the header and one line to write over. */
export const onboardingTemplate = `${onboardingColumns.slice(0, 5).join(',')}\nacme,Acme Inc.,acme.example.com,plan=pro;region=eu,\n`
