import { useEffect, useState } from 'react';

/**
 * Whether something lazily fetched is open, one beat late.
 *
 * A dialog that comes into being already open never saw what had the focus before, so it cannot give it back. Closed first, then opened.
 */
export function useOpened(isOpen: boolean): boolean {
  const [isOpened, setOpened] = useState(false);
  useEffect(() => {
    setOpened(isOpen);
  }, [isOpen]);
  return isOpened;
}
