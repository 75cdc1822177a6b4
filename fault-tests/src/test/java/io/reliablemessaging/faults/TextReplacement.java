package io.reliablemessaging.faults;

import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.field.FieldDescription;
import net.bytebuddy.description.field.FieldList;
import net.bytebuddy.description.method.MethodList;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.pool.TypePool;
import net.bytebuddy.utility.OpenedClassReader;

/** Changes a part of the texts that the code of a class uses. */
final class TextReplacement implements AsmVisitorWrapper {

    private final String from;
    private final String to;
    private boolean done;

    TextReplacement(String from, String to) {
        this.from = from;
        this.to = to;
    }

    void requireDone(String type) {
        if (!done) {
            throw new IllegalStateException("No text in " + type + " contains: " + from);
        }
    }

    @Override
    public int mergeWriter(int flags) {
        return flags;
    }

    @Override
    public int mergeReader(int flags) {
        return flags;
    }

    @Override
    public ClassVisitor wrap(
            TypeDescription type,
            ClassVisitor visitor,
            Implementation.Context context,
            TypePool pool,
            FieldList<FieldDescription.InDefinedShape> fields,
            MethodList<?> methods,
            int writerFlags,
            int readerFlags) {
        return new ClassVisitor(OpenedClassReader.ASM_API, visitor) {
            @Override
            public MethodVisitor visitMethod(
                    int access, String name, String descriptor, String signature, String[] exceptions) {
                return new MethodVisitor(
                        OpenedClassReader.ASM_API, super.visitMethod(access, name, descriptor, signature, exceptions)) {
                    @Override
                    public void visitLdcInsn(Object value) {
                        super.visitLdcInsn(value instanceof String text ? replaced(text) : value);
                    }
                };
            }
        };
    }

    private String replaced(String text) {
        done |= text.contains(from);
        return text.replace(from, to);
    }
}
