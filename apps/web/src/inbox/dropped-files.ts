import { type ClipboardEvent, useEffect, useRef, useState } from 'react';

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;

/**
 * Files dropped anywhere in the window, for as long as the component is on the screen. Returns whether some are held above it now.
 *
 * Also while `isOn` is false nothing is let through to the browser: it would open the file in the place of the desk.
 */
export function useDroppedFiles(isOn: boolean, onFiles: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef({ isOn, onFiles });
  useEffect(() => {
    latest.current = { isOn, onFiles };
  });
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = latest.current.isOn ? 'copy' : 'none';
      setOver(latest.current.isOn);
    };
    const leave = (event: DragEvent) => {
      // Only leaving the window is leaving: each element on the way says it too.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (latest.current.isOn) latest.current.onFiles([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return isOver && isOn;
}

/** The files in what is pasted. None when it is text with a picture of itself, as office programs put it there. */
export function pastedFiles({ clipboardData }: ClipboardEvent): File[] {
  return clipboardData.types.includes('text/plain') ? [] : [...clipboardData.files];
}
