package kotlin.coroutines;

/** Stands for Kotlin's, which the compiler adds to the parameters of a suspend function. */
public interface Continuation<T> {}
