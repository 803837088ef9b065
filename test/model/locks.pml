/* Row locks of PostgreSQL at READ COMMITTED, for the models of this folder.
 *
 * An atomic{} is one statement, or the end of one that waited: its look and its lock are two steps where another
 * transaction may come between them, and a row is read again under the lock. What a transaction writes is seen by others
 * when it commits, so writes are made in the step that releases the locks. */
#define NKU 1 /* FOR NO KEY UPDATE, and a row that is being updated */
#define FU 2  /* FOR UPDATE, and a row that is being inserted or deleted */
byte x[ROWS];  /* 0, NKU or FU */
byte ks[ROWS]; /* how many hold the row FOR KEY SHARE; together with NKU, never with FU */
#define FREE(row) (x[row] == 0)                   /* can be had FOR NO KEY UPDATE */
#define ALONE(row) (x[row] == 0 && ks[row] == 0)  /* can be had FOR UPDATE */
#define SHARED(row) (x[row] != FU)                /* can be had FOR KEY SHARE */
