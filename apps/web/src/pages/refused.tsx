import styles from './form.module.css';

/** Why it was not done, said to eye and ear. */
export function Refused({ refusal }: { refusal: string | null }) {
  return (
    <div role="alert" className={styles.refusalPlace}>
      {refusal !== null && <p className={styles.refused}>{refusal}</p>}
    </div>
  );
}
