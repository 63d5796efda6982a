//! Collects the functions of a syntax tree with their names.

use std::ops::Range;

use swc_common::Span;
use swc_ecma_visit::swc_ecma_ast::{
    ArrowExpr, AssignExpr, AssignTarget, Class, ClassDecl, ClassExpr, ClassMember, Constructor, DefaultDecl,
    ExportDefaultDecl, ExportDefaultExpr, Expr, FnDecl, FnExpr, Function, MemberExpr, MemberProp, ObjectLit, Prop,
    PropName, PropOrSpread, SimpleAssignTarget, VarDeclarator,
};
use swc_ecma_visit::{Visit, VisitWith};

/// Collects functions. An anonymous one is left out, so that its code counts as part of the function around it.
#[derive(Default)]
pub(super) struct Collector {
    /// Range of bytes and name of each function.
    pub(super) functions: Vec<(Range<u32>, String)>,
    /// The name that the code around gives to the next function, class or object.
    given: Option<String>,
}

impl Collector {
    fn add(&mut self, span: Span, name: Option<String>) {
        self.functions.extend(name.map(|name| (span.lo.0..span.hi.0, name)));
    }

    /// Visits an expression to which the code around gives a name. Only a function, a class or an object takes it.
    fn visit_named(&mut self, name: Option<String>, expression: &Expr) {
        self.given = name.filter(|_| takes_name(expression));
        expression.visit_with(self);
        self.given = None;
    }

    /// Visits the members of a class.
    fn visit_members(&mut self, class: &Class, name: Option<&str>) {
        class.decorators.visit_with(self);
        class.super_class.visit_with(self);
        let member = |key: Option<String>| key.map(|key| joined(name, &key));
        for part in &class.body {
            match part {
                ClassMember::Constructor(constructor) => {
                    self.add(constructor.span, name.map(|name| format!("new {name}")));
                    Constructor::visit_children_with(constructor, self);
                }
                ClassMember::Method(method) => {
                    self.given = member(key_name(&method.key));
                    method.function.visit_with(self);
                }
                ClassMember::PrivateMethod(method) => {
                    self.given = member(Some(format!("#{}", method.key.name)));
                    method.function.visit_with(self);
                }
                ClassMember::ClassProp(property) => {
                    if let Some(value) = &property.value {
                        self.visit_named(member(key_name(&property.key)), value);
                    }
                }
                ClassMember::PrivateProp(property) => {
                    if let Some(value) = &property.value {
                        self.visit_named(member(Some(format!("#{}", property.key.name))), value);
                    }
                }
                other => other.visit_with(self),
            }
            self.given = None;
        }
    }
}

impl Visit for Collector {
    fn visit_fn_decl(&mut self, node: &FnDecl) {
        self.given = Some(node.ident.sym.to_string());
        node.function.visit_with(self);
    }

    fn visit_fn_expr(&mut self, node: &FnExpr) {
        if let Some(ident) = &node.ident {
            self.given = Some(ident.sym.to_string());
        }
        node.function.visit_with(self);
    }

    fn visit_function(&mut self, node: &Function) {
        let name = self.given.take();
        self.add(node.span, name);
        node.visit_children_with(self);
    }

    fn visit_arrow_expr(&mut self, node: &ArrowExpr) {
        let name = self.given.take();
        self.add(node.span, name);
        node.visit_children_with(self);
    }

    fn visit_class_decl(&mut self, node: &ClassDecl) {
        self.visit_members(&node.class, Some(&node.ident.sym));
    }

    fn visit_class_expr(&mut self, node: &ClassExpr) {
        let given = self.given.take();
        let name = node.ident.as_ref().map(|ident| ident.sym.to_string()).or(given);
        self.visit_members(&node.class, name.as_deref());
    }

    fn visit_object_lit(&mut self, node: &ObjectLit) {
        let object = self.given.take();
        let member = |key: &PropName| key_name(key).map(|key| joined(object.as_deref(), &key));
        for property in &node.props {
            match property {
                PropOrSpread::Prop(property) => match &**property {
                    Prop::KeyValue(pair) => self.visit_named(member(&pair.key), &pair.value),
                    Prop::Method(method) => {
                        self.given = member(&method.key);
                        method.function.visit_with(self);
                    }
                    Prop::Getter(getter) => {
                        self.add(getter.span, member(&getter.key));
                        getter.body.visit_with(self);
                    }
                    Prop::Setter(setter) => {
                        self.add(setter.span, member(&setter.key));
                        setter.body.visit_with(self);
                    }
                    other => other.visit_with(self),
                },
                PropOrSpread::Spread(spread) => spread.expr.visit_with(self),
            }
            self.given = None;
        }
    }

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        node.name.visit_with(self);
        if let Some(value) = &node.init {
            self.visit_named(node.name.as_ident().map(|name| name.sym.to_string()), value);
        }
    }

    fn visit_assign_expr(&mut self, node: &AssignExpr) {
        let name = match &node.left {
            AssignTarget::Simple(SimpleAssignTarget::Ident(name)) => Some(name.sym.to_string()),
            AssignTarget::Simple(SimpleAssignTarget::Member(member)) => assigned_member(member),
            _ => None,
        };
        node.left.visit_with(self);
        self.visit_named(name, &node.right);
    }

    fn visit_export_default_expr(&mut self, node: &ExportDefaultExpr) {
        // the members of a default object have their own names
        let name = (!matches!(*node.expr, Expr::Object(_))).then(|| "default".to_owned());
        self.visit_named(name, &node.expr);
    }

    fn visit_export_default_decl(&mut self, node: &ExportDefaultDecl) {
        if !matches!(node.decl, DefaultDecl::TsInterfaceDecl(_)) {
            self.given = Some("default".to_owned());
        }
        node.decl.visit_with(self);
        self.given = None;
    }
}

/// True for expressions that get the name of the variable or property to which they are assigned.
fn takes_name(expression: &Expr) -> bool {
    match expression {
        Expr::Fn(_) | Expr::Arrow(_) | Expr::Class(_) | Expr::Object(_) => true,
        Expr::Paren(inner) => takes_name(&inner.expr),
        Expr::TsAs(inner) => takes_name(&inner.expr),
        Expr::TsSatisfies(inner) => takes_name(&inner.expr),
        Expr::TsConstAssertion(inner) => takes_name(&inner.expr),
        Expr::TsNonNull(inner) => takes_name(&inner.expr),
        Expr::TsTypeAssertion(inner) => takes_name(&inner.expr),
        _ => false,
    }
}

/// The name of a property; none if it is computed.
fn key_name(key: &PropName) -> Option<String> {
    match key {
        PropName::Ident(name) => Some(name.sym.to_string()),
        PropName::Str(text) => Some(text.value.to_string_lossy().into_owned()),
        PropName::Num(number) => Some(number.value.to_string()),
        PropName::BigInt(_) | PropName::Computed(_) => None,
    }
}

fn joined(object: Option<&str>, key: &str) -> String {
    object.map_or_else(|| key.to_owned(), |object| format!("{object}.{key}"))
}

/// The name of a member that is assigned: `Cart.total` for `Cart.prototype.total`, `load` for `module.exports.load`.
fn assigned_member(member: &MemberExpr) -> Option<String> {
    let property = |property: &MemberProp| match property {
        MemberProp::Ident(name) => Some(name.sym.to_string()),
        MemberProp::PrivateName(name) => Some(format!("#{}", name.name)),
        MemberProp::Computed(computed) => match &*computed.expr {
            Expr::Lit(literal) => literal.as_str().map(|text| text.value.to_string_lossy().into_owned()),
            _ => None,
        },
    };
    let mut name = property(&member.prop)?;
    let mut object = &member.obj;
    while let Expr::Member(inner) = &**object {
        match property(&inner.prop)?.as_str() {
            "prototype" | "exports" => {}
            part => name = format!("{part}.{name}"),
        }
        object = &inner.obj;
    }
    match &**object {
        Expr::Ident(ident) => match ident.sym.as_str() {
            "exports" | "module" | "globalThis" | "window" | "self" | "global" => {}
            object => name = format!("{object}.{name}"),
        },
        Expr::This(_) => {}
        _ => return None,
    }
    Some(name)
}
