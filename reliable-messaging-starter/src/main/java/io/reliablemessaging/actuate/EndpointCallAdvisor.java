package io.reliablemessaging.actuate;

import io.reliablemessaging.actuate.EndpointRoute.Kind;
import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.InvocationContext;
import org.springframework.boot.actuate.endpoint.OperationArgumentResolver;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;

/**
 * Hands the whole call to operations that take an {@link EndpointCall}. The Actuator itself drops fields that no parameter is named
 * after, so a filter with a spelling mistake would select everything.
 */
final class EndpointCallAdvisor implements OperationInvokerAdvisor {

    /** Name of the parameter that takes the segments of the path. */
    private static final String PATH = "path";

    @Override
    public OperationInvoker apply(
            EndpointId endpoint, OperationType type, OperationParameters parameters, OperationInvoker invoker) {
        if (parameters.stream().noneMatch(each -> each.getType() == EndpointCall.class)) {
            return invoker;
        }
        Kind kind = type == OperationType.READ ? Kind.READ : Kind.COMMAND;
        return context -> invoker.invoke(withCall(context, kind));
    }

    private static InvocationContext withCall(InvocationContext context, Kind kind) {
        Map<String, Object> fields = new LinkedHashMap<>(context.getArguments());
        // fields replace segments of the same name, and are never arrays
        if (!(fields.remove(PATH) instanceof String[] path)) {
            throw new InvalidEndpointRequestException(
                    "A field cannot be called '%s', as the path of the call is".formatted(PATH),
                    "a field cannot be called '%s'".formatted(PATH));
        }
        SecurityContext security = context.resolveArgument(SecurityContext.class);
        EndpointCall call = new EndpointCall(kind, List.of(path), fields, nameOf(security));
        return new InvocationContext(
                security == null ? SecurityContext.NONE : security,
                context.getArguments(),
                OperationArgumentResolver.of(EndpointCall.class, () -> call));
    }

    private static @Nullable String nameOf(@Nullable SecurityContext security) {
        Principal principal = security == null ? null : security.getPrincipal();
        String name = principal == null ? null : principal.getName();
        return name == null || name.isBlank() ? null : name;
    }
}
