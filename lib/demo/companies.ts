/** The demo's customers: 200 companies that keep their hours in a time-tracking product. The same at every call. */
import { proposeSlug } from '../tenancy/contract/slug.ts'

const names = [
  'Abernathy',
  'Ahrens',
  'Alder',
  'Almeida',
  'Amundsen',
  'Arcadia',
  'Ashdown',
  'Baltic',
  'Barrow',
  'Beaumont',
  'Bellweather',
  'Bergmann',
  'Birchwood',
  'Blackthorn',
  'Bluebell',
  'Brandt',
  'Bramley',
  'Castellan',
  'Cedar Hill',
  'Chandra',
  'Clearwater',
  'Copperfield',
  'Cordoba',
  'Dahlberg',
  'Delacroix',
  'Dunmore',
  'Eastgate',
  'Edelmann',
  'Elmwood',
  'Engström',
  'Evergreen',
  'Fairbanks',
  'Falkenberg',
  'Ferreira',
  'Fitzgerald',
  'Foxglove',
  'Gallagher',
  'Giordano',
  'Greenfield',
  'Grünwald',
  'Halvorsen',
  'Harbourside',
  'Hartmann',
  'Hawthorne',
  'Highland',
  'Holloway',
  'Horvath',
  'Ironbridge',
  'Ivanov',
  'Jansen',
  'Juniper',
  'Kaminski',
  'Kaplan',
  'Kestrel',
  'Kingsley',
  'Kowalski',
  'Lakeshore',
  'Lindqvist',
  'Lombardi',
  'Lowenstein',
  'Maplewood',
  'Marchetti',
  'Meridian',
  'Moreau',
  'Müller',
  'Nakamura',
  'Northgate',
  'Novak',
  'Oakridge',
  'Okafor',
  'Olsson',
  'Orchard',
  'Papadakis',
  'Pemberton',
  'Petrov',
  'Pinecrest',
  'Quayside',
  'Ramirez',
  'Redwood',
  'Reinhardt',
  'Riverbend',
  'Rosendahl',
  'Saltmarsh',
  'Sandoval',
  'Schönfeld',
  'Seven Oaks',
  'Silverlake',
  'Sokolov',
  'Stonebridge',
  'Sundström',
  'Tamura',
  'Thornbury',
  'Tidewater',
  'Ullmann',
  'Valencia',
  'Vandermeer',
  'Westbrook',
  'Whitfield',
  'Yamamoto',
  'Zimmermann',
] as const

const trades = [
  'Bakery',
  'Logistics',
  'Dental',
  'Cleaning',
  'Joinery',
  'Security',
  'Catering',
  'Roofing',
  'Home Care',
  'Landscaping',
  'Couriers',
  'Electric',
  'Hotels',
  'Studios',
  'Veterinary',
  'Print',
  'Plumbing',
  'Events',
  'Architects',
  'Foods',
] as const

const plans = [
  { plan: 'enterprise', every: 25, employees: 120, weeks: 6 },
  { plan: 'business', every: 6, employees: 40, weeks: 5 },
  { plan: 'team', every: 3, employees: 14, weeks: 4 },
  { plan: 'starter', every: 1, employees: 5, weeks: 4 },
] as const

export type Company = {
  readonly slug: string
  readonly name: string
  readonly hosts: readonly string[]
  readonly plan: (typeof plans)[number]['plan']
  readonly region: 'eu' | 'us'
  readonly employees: number
  /** How far back its hours go. */
  readonly weeks: number
}

const company = (index: number): Company => {
  const first = names[index % names.length] ?? names[0]
  const trade = trades[(index * 7 + Math.floor(index / names.length) * 11) % trades.length] ?? trades[0]
  const name = `${first} ${trade}`
  const slug = proposeSlug(name)
  const size = plans.find(({ every }) => index % every === every - 1) ?? plans[3]
  // No two of a size are the same: sizes on the pages differ as they do in life.
  const employees = size.employees + ((index * 13) % Math.ceil(size.employees / 2))
  const own = size.plan === 'enterprise' ? [`hours.${slug}.example`] : []
  return {
    slug,
    name,
    hosts: [`${slug}.tempo.example`, ...own],
    plan: size.plan,
    region: index % 10 < 7 ? 'eu' : 'us',
    employees,
    weeks: size.weeks,
  }
}

export const companies: readonly Company[] = Array.from({ length: 200 }, (_, index) => company(index))
