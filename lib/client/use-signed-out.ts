import { useSyncExternalStore } from 'react'
import { isSignedOut, onSignedOut } from './signed-out'

const onServer = (): boolean => false

/** Whether the server has said that nobody is signed in here any more. */
export const useSignedOut = (): boolean => useSyncExternalStore(onSignedOut, isSignedOut, onServer)
