import { keysOf, type ShortcutName, useSingleKeys } from '../keyboard.js';
import styles from './keys.module.css';

/** The keys of a shortcut, drawn as keys. Nothing while single keys are switched off. For the eye only: buttons say it by `aria-keyshortcuts`. */
export function Keys({ name }: { name: ShortcutName }) {
  const isOn = useSingleKeys() || name === 'send' || name === 'leave';
  if (!isOn) return null;
  return (
    <span className={styles.keys} aria-hidden="true">
      {keysOf(name).map((key) => (
        <kbd key={key} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
